// Makes the desk's form quicker; it works whole without this file. The server checks everything again.
const form = document.getElementById("formulir");
const summary = document.getElementById("ringkasan");
const text = document.getElementById("text");
const files = document.getElementById("files");
const nik = document.getElementById("nik");
const readOut = document.getElementById("nik-terbaca");
let sent = false;

function problems() {
  const found = [];
  const written = text.value.trim().length;
  if (written === 0) found.push([text, text.dataset.missing]);
  else if (written < Number(text.dataset.least)) found.push([text, text.dataset.short]);
  const chosen = [...files.files];
  if (chosen.length > Number(files.dataset.most)) found.push([files, files.dataset.many]);
  if (chosen.some((one) => one.size > Number(files.dataset.bytes))) found.push([files, files.dataset.large]);
  if (chosen.some((one) => one.type && !/^image\/|^application\/pdf$/.test(one.type))) found.push([files, files.dataset.type]);
  return found;
}

function show(found) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  const list = document.createElement("ul");
  for (const [input, words] of found) {
    const id = `${input.id}-error`;
    if (!document.getElementById(id)) {
      const said = document.createElement("p");
      said.className = "error";
      said.id = id;
      said.textContent = words;
      input.before(said);
    }
    input.setAttribute("aria-invalid", "true");
    const described = (input.getAttribute("aria-describedby") ?? "").split(/\s+/).filter((one) => one && one !== id);
    input.setAttribute("aria-describedby", [...described, id].join(" "));
    const link = document.createElement("a");
    link.href = `#${input.id}`;
    link.textContent = words;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  summary.querySelector("ul").replaceWith(list);
  summary.querySelector("h2").textContent = summary.dataset.title.replace("#", String(found.length));
  summary.hidden = false;
  summary.focus();
}

form.addEventListener("submit", (event) => {
  if (sent) {
    event.preventDefault();
    return;
  }
  const found = problems();
  if (found.length > 0) {
    event.preventDefault();
    show(found);
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
