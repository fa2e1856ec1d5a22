// Makes the desk's form quicker; it works whole without this file. The server checks everything again.
import { problems, show } from "./isian.js";

const form = document.getElementById("formulir");
const summary = document.getElementById("ringkasan");
const text = document.getElementById("text");
const files = document.getElementById("files");
const nik = document.getElementById("nik");
const readOut = document.getElementById("nik-terbaca");
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

nik.addEventListener("input", () => {
  const digits = nik.value.replace(/[ .-]/g, "");
  readOut.textContent = "";
  readOut.classList.remove("wrong");
  if (digits.length < 16) return;
  const day = Number(digits.slice(6, 8));
  const month = Number(digits.slice(8, 10));
  const year = Number(digits.slice(10, 12));
  const now = new Date();
  const born = new Date(now.getFullYear() - ((now.getFullYear() - year) % 100), month - 1, day > 40 ? day - 40 : day);
  if (born > now) born.setFullYear(born.getFullYear() - 100);
  if (!/^\d{16}$/.test(digits) || born.getMonth() !== month - 1) {
    readOut.textContent = readOut.dataset.digits;
    readOut.classList.add("wrong");
    return;
  }
  const date = born.toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
  const sex = day > 40 ? readOut.dataset.female : readOut.dataset.male;
  readOut.textContent = readOut.dataset.text.replace("#sex", sex).replace("#born", date);
});
