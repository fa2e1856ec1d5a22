// Makes the public form kinder; it works whole without this file, and then a person looks at the report first.
import { problems, show } from "./isian.js";
import { combobox } from "./pilihan.js";

const DRAFT = "lapor";
const KEPT = ["text", "category", "address", "kelurahan", "name", "phone", "email", "lat", "long", "accuracy"];
const TICKS = ["anonymous", "confidential"];
const IDS = ["form_id", "challenge", "proof"];
const PATIENCE = 30_000; // milliseconds; then the report goes without its proof, and is read by a person first
const STOPPED = 60_000; // milliseconds; who stopped the sending may press again: its id keeps it one report

const form = document.getElementById("formulir");
const fields = form.elements;
const summary = document.getElementById("ringkasan");
const waiting = document.getElementById("menunggu");
const submit = form.querySelector("button[type=submit]");
const asks = submit.textContent;
let sent = false;

// --- the draft: what was typed survives a reload, in this tab alone ---

function keep(more = {}) {
  const draft = { ...read(), ...more };
  for (const name of KEPT) draft[name] = fields[name].value;
  for (const name of TICKS) draft[name] = fields[name].checked;
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  } catch { /* no room, or forbidden: the form works without */ }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
  } catch {
    return {};
  }
}

function forget() {
  try {
    sessionStorage.removeItem(DRAFT);
  } catch { /* nothing was kept */ }
}

if ("fresh" in form.dataset) {
  const draft = read();
  for (const name of KEPT) if (draft[name]) fields[name].value = draft[name];
  for (const name of TICKS) if (draft[name]) fields[name].checked = true;
  // It was sent, and the answer got lost: under its own id it stays one report.
  if (draft.sent) for (const name of IDS) fields[name].value = draft[name] ?? "";
}
form.addEventListener("input", () => keep());

const clear = form.querySelector("[data-clear]");
clear.hidden = false;
clear.addEventListener("click", () => {
  forget();
  window.location.assign("/lapor");
});

// --- the proof of work: begun with the first key, waited for only when it is not ready ---

let proving = null;

function prove() {
  proving ??= new Promise((done) => {
    if (fields.proof.value) return done();
    setTimeout(done, PATIENCE);
    try {
      const worker = new Worker(form.dataset.worker);
      worker.addEventListener("error", () => done());
      worker.addEventListener("message", ({ data }) => {
        waiting.querySelector("progress").value = data.done;
        if (!data.proof) return;
        fields.proof.value = data.proof;
        worker.terminate();
        done();
      });
      worker.postMessage(fields.challenge.value);
    } catch {
      done();
    }
  });
  return proving;
}

form.addEventListener("focusin", prove, { once: true });

// --- sending ---

function found() {
  const wrong = problems(fields.text, fields.files, /^(image|video)\/|^application\/pdf$/);
  if (!fields.consent.checked) wrong.push([fields.consent, fields.consent.dataset.missing]);
  return wrong;
}

async function send() {
  submit.setAttribute("aria-disabled", "true");
  if (!fields.proof.value) {
    waiting.hidden = false;
    await prove();
    waiting.hidden = true;
  }
  submit.textContent = form.dataset.sending;
  keep({ sent: true, ...Object.fromEntries(IDS.map((name) => [name, fields[name].value])) });
  form.submit();
  setTimeout(ready, STOPPED);
}

function ready() {
  sent = false;
  submit.removeAttribute("aria-disabled");
  submit.textContent = asks;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (sent) return;
  const wrong = found();
  if (wrong.length > 0) {
    show(form, summary, wrong);
    wrong[0][0].focus();
    return;
  }
  sent = true;
  void send();
});

// A page that comes back from the browser's cache is asked for anew: what was typed is in the draft.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// Enter in a line must not send half a report.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=file]):not([type=checkbox])")) event.preventDefault();
});

// --- where it is: the device's position, a search, or a map that is fetched when asked for ---

const locate = form.querySelector("[data-locate]");
const unlocate = form.querySelector("[data-forget]");
const spot = document.getElementById("lokasi-terbaca");
const map = document.getElementById("peta");
const openMap = form.querySelector("[data-map]");
// The kelurahan that we took the position to be in. As long as nobody says so, the position alone is sent.
let guessed = fields.lat.value ? (read().guessed ?? "") : "";

combobox(fields.kelurahan);
form.addEventListener("formdata", ({ formData }) => {
  if (guessed && fields.lat.value && fields.kelurahan.value === guessed) formData.set("kelurahan", "");
});

function guess(label) {
  if (fields.kelurahan.value && fields.kelurahan.value !== guessed) return;
  fields.kelurahan.value = guessed = label;
}

async function place(latitude, longitude, accuracy) {
  [fields.lat.value, fields.long.value, fields.accuracy.value] = [latitude, longitude, accuracy];
  unlocate.hidden = !latitude;
  spot.classList.remove("wrong");
  const told = !latitude ? "" : accuracy ? spot.dataset.found.replace("#", accuracy) : spot.dataset.before;
  spot.textContent = told;
  if (!latitude) guess("");
  keep({ guessed });
  if (!latitude) return;
  const { regions, areaAt } = await import(form.dataset.place);
  const area = areaAt(await regions(form.dataset.regions), Number(latitude), Number(longitude));
  if (fields.lat.value !== latitude) return; // moved meanwhile
  guess(area?.label ?? "");
  spot.textContent = `${told} ${area ? spot.dataset.area.replace("#", area.label) : spot.dataset.outside}`;
  keep({ guessed });
}

const placed = (...where) => place(...where).catch(() => { /* the position is kept without its kelurahan's name */ });

if ("geolocation" in navigator && window.isSecureContext) {
  locate.hidden = false;
  locate.addEventListener("click", () => {
    spot.classList.remove("wrong");
    spot.textContent = spot.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => placed(coords.latitude.toFixed(6), coords.longitude.toFixed(6), String(Math.ceil(coords.accuracy))),
      () => {
        spot.classList.add("wrong");
        spot.textContent = spot.dataset.failed;
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}
unlocate.addEventListener("click", () => {
  placed("", "", "");
  locate.focus();
});
if (fields.lat.value) placed(fields.lat.value, fields.long.value, fields.accuracy.value);

async function showMap() {
  const { regions, draw } = await import(form.dataset.place);
  const all = await regions(form.dataset.regions);
  draw(map, all, map.dataset, (area) => {
    fields.kelurahan.value = area.label;
    guessed = "";
    keep({ guessed });
    closeMap();
    fields.kelurahan.focus();
  });
}

function closeMap() {
  map.hidden = true;
  openMap.setAttribute("aria-expanded", "false");
}

openMap.hidden = false;
openMap.addEventListener("click", () => {
  if (!map.hidden) return closeMap();
  map.hidden = false;
  openMap.setAttribute("aria-expanded", "true");
  const said = map.querySelector("[role=status]");
  said.textContent = map.dataset.loading;
  showMap().catch(() => { said.textContent = map.dataset.failed; });
});
