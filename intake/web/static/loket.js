// Makes the desk's form quicker; it works whole without this file. The server checks everything again.
import { problems, show } from "./isian.js";
import { watch } from "./nik.js";
import { combobox } from "./pilihan.js";
import { suggest } from "./usul.js";

const form = document.getElementById("formulir");
const summary = document.getElementById("ringkasan");
const text = document.getElementById("text");
const files = document.getElementById("files");
let sent = false;

form.addEventListener("submit", (event) => {
  if (sent) {
    event.preventDefault();
    return;
  }
  const found = problems(text, files, /^image\/|^application\/pdf$/);
  if (found.length > 0) {
    event.preventDefault();
    show(form, summary, found);
    summary.focus();
    return;
  }
  sent = true;
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-disabled", "true");
  button.textContent = form.dataset.saving;
});

// A page that comes back from the browser's cache can be sent again; its id keeps it one complaint.
window.addEventListener("pageshow", () => { sent = false; });

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Enter" && event.target.matches("input:not([type=file]):not([type=checkbox])")) {
    event.preventDefault(); // a scanner or a hasty Enter must not send half a form
  }
});

watch(document.getElementById("nik"), document.getElementById("nik-terbaca"));
const kelurahan = document.getElementById("kelurahan");
combobox(kelurahan, { near: kelurahan.dataset.near, ready: true });
combobox(document.getElementById("against_office"));
suggest(text, document.getElementById("category"), document.getElementById("usulan"), () => form.elements.csrf.value);
