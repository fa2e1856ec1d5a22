// The desk's page: quick by keyboard, and at work without network. Without this file the form is sent as it is.
// Whatever is saved here is on this device first, then sent, once, now or later; the server checks everything again.
import * as queue from "./antre.js";
import { Photos } from "./foto.js";
import { problems, show } from "./isian.js";
import { watch } from "./nik.js";
import { list } from "./perangkat.js";
import { combobox } from "./pilihan.js";
import { fill, paperSize } from "./sementara.js";
import * as store from "./simpan.js";
import { suggest } from "./usul.js";

const PATIENCE = 20_000; // milliseconds that a citizen waits for the ticket's paper before the provisional one is shown
const OWN = ["csrf", "form_id"];
const form = document.getElementById("formulir");
const fields = form.elements;
const summary = document.getElementById("ringkasan");
const connection = document.getElementById("sambungan");
const board = document.getElementById("perangkat");
const paper = document.getElementById("sementara");
const work = document.getElementById("kerja");
const restored = document.getElementById("dipulihkan");
const berkas = document.getElementById("files");
const nikRead = document.getElementById("nik-terbaca");
const shell = "shell" in form.dataset;
let me; // who sits here, as this browser knows it
let current = { id: "", form: "", ticket: "", paper: null }; // of an entry that is mended, its own
let saving = false;
let touched = false; // by a person, since the page was opened

// --- the fields ---

const nikProblem = watch(fields.nik, nikRead);
combobox(fields.kelurahan, { near: fields.kelurahan.dataset.near, ready: true });
combobox(fields.against_office, { bare: (label) => label });
suggest(fields.text, fields.category, document.getElementById("usulan"), () => fields.csrf.value);
const photos = new Photos(document.getElementById("foto"), [berkas, document.getElementById("kamera")], () => later());

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Enter" && event.target.matches("input:not([type=file]):not([type=checkbox])")) {
    event.preventDefault(); // a scanner or a hasty Enter must not send half a form
  }
});

function typed() {
  const found = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && !OWN.includes(name)) found[name] = value;
  return found;
}

function put(values) {
  for (const input of form.querySelectorAll("[name]")) {
    if (input.type === "checkbox") input.checked = values[input.name] === input.value;
    else if (input.type !== "file" && !OWN.includes(input.name)) input.value = values[input.name] ?? "";
  }
  fields.nik.dispatchEvent(new Event("input"));
  fields.text.dispatchEvent(new Event("input"));
  fields.category.dispatchEvent(new Event("change"));
}

// What would be refused later, when the citizen has gone, is said now.
function wrong() {
  const chosen = { dataset: berkas.dataset, files: photos.files };
  const found = problems(fields.text, chosen, /^image\/|^application\/pdf$/)
    .map(([field, words]) => [field === chosen ? berkas : field, words]);
  const nik = nikProblem();
  if (nik) found.push([fields.nik, nikRead.dataset[nik]]);
  const known = [...document.getElementById("daftar-kelurahan").options].map((one) => one.value.toLowerCase());
  const kelurahan = fields.kelurahan.value.trim().toLowerCase();
  if (kelurahan && !known.some((one) => one === kelurahan || one.startsWith(`${kelurahan},`))) {
    found.push([fields.kelurahan, fields.kelurahan.dataset.unknown]);
  }
  const digits = fields.phone.value.replace(/[\s().\-/+]/g, "");
  if (digits && !/^\d{7,15}$/.test(digits)) found.push([fields.phone, fields.phone.dataset.wrong]);
  if (fields.email.value.trim() && !/^[^@\s,;<>"]+@[a-z0-9.-]+\.[a-z0-9-]+$/i.test(fields.email.value.trim())) {
    found.push([fields.email, fields.email.dataset.wrong]);
  }
  if (fields.office && !fields.office.closest(".field").hidden && !fields.office.value) {
    found.push([fields.office, fields.office.dataset.wrong]);
  }
  if (!fields.consent.checked) found.push([fields.consent, fields.consent.dataset.wrong]);
  const order = [...fields];
  return found.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
}

function complain(found) {
  show(form, summary, found);
  summary.focus();
}

// --- the draft ---

let timer = 0;

function later() {
  clearTimeout(timer);
  if (me && !current.id) timer = setTimeout(() => void keepDraft(), 600);
}

async function keepDraft() {
  const values = typed();
  const empty = !photos.files.length && !["text", "name", "nik", "phone", "email", "address"].some((name) => values[name]?.trim());
  if (empty) return store.remove(draftId());
  return store.keep(me, { id: draftId(), state: "draft", at: new Date().toISOString(), ticket: "" }, { fields: values, paper: null }, photos.files);
}

const draftId = () => `draf:${me.clerk}`;
form.addEventListener("input", later); // also the browser's own, when it fills a page in again
for (const kind of ["keydown", "pointerdown", "paste"]) form.addEventListener(kind, () => { touched = true; });
form.addEventListener("change", later);

async function restoreDraft() {
  if (!("fresh" in form.dataset) || touched) return;
  const draft = await store.read(me, draftId()).catch(() => undefined);
  if (!draft || touched) return;
  put(draft.fields);
  photos.set(draft.files);
  restored.hidden = false;
}

restored.querySelector("button").addEventListener("click", async () => {
  clearTimeout(timer);
  await store.remove(draftId());
  put({});
  photos.set([]);
  restored.hidden = true;
  fields.text.focus();
});

// --- saving ---

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (saving) return;
  const found = wrong();
  if (found.length > 0) return complain(found);
  saving = true;
  busy(true);
  void save();
});

function busy(on) {
  const button = form.querySelector("button[type=submit]");
  button.dataset.words ??= button.textContent;
  if (on) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
  button.textContent = on ? form.dataset.saving : button.dataset.words;
}

// A browser that keeps nothing sends the form as it always did.
async function native() {
  if (shell) {
    saving = false;
    busy(false);
    return say("broken");
  }
  const chosen = new DataTransfer();
  for (const file of photos.files) chosen.items.add(file);
  berkas.files = chosen.files;
  form.submit();
}

async function save() {
  await ready;
  await photos.busy;
  if (!me) return native();
  clearTimeout(timer);
  const entry = current.id ? current : await fresh();
  const at = entry.at ?? new Date().toISOString();
  try {
    const open = { id: entry.id, form: entry.form, ticket: entry.ticket, state: "waiting", at, late: false };
    await store.keep(me, open, { fields: typed(), paper: entry.paper }, photos.files);
  } catch {
    return native(); // no room on this device
  }
  await store.remove(draftId());
  const done = queue.flush(entry.id);
  const reason = await Promise.race([done, new Promise((give) => setTimeout(give, PATIENCE, "slow"))]);
  if (reason && (await stillWaits(entry.id))) await provisional(entry.id);
}

async function stillWaits(id) {
  return (await store.entries(me.clerk)).some((one) => one.id === id && one.state === "waiting");
}

async function fresh() {
  const paper_ = await store.takeTicket(me).catch(() => undefined);
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const random = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  const made = paper_?.form_id ?? `L-${me.clerk}-${random}`;
  return { id: made, form: made, ticket: paper_?.ticket ?? "", paper: paper_ ? { pin: paper_.pin, link: paper_.link, qr: paper_.qr } : null };
}

queue.news.addEventListener("change", async ({ detail }) => {
  if (saving && detail.problems) {
    const entry = await store.read(me, detail.id);
    if (entry) take(entry);
    saving = false;
    busy(false);
    complain(detail.problems.map(([name, words]) => [named(name), words]));
  } else if (saving && detail.place) {
    window.location.assign(detail.place);
    return;
  }
  await draw();
});

const named = (name) => (name === "files" ? berkas : fields[name] instanceof Element ? fields[name] : fields.text);

// The entry comes back into the form, under its own id.
function take(entry) {
  current = entry;
  put(entry.fields);
  photos.set(entry.files);
}

// --- without network ---

async function provisional(id) {
  await store.mark(id, { late: true });
  const entry = await store.read(me, id);
  if (!entry) return; // it was sent at this very moment
  fill(paper, entry, me.office);
  work.hidden = true;
  paper.hidden = false;
  saving = false;
  busy(false);
  paper.querySelector("h1").focus();
  window.scrollTo(0, 0);
  await draw();
}

paperSize(paper);
paper.querySelector("[data-print]").addEventListener("click", () => window.print());
paper.querySelector("[data-next]").addEventListener("click", () => window.location.assign("/loket"));

function say(reason) {
  const words = connection.dataset[reason || "none"] ?? "";
  connection.hidden = !words;
  connection.querySelector("p").textContent = words;
  connection.querySelector("a").hidden = reason !== "session";
}

queue.news.addEventListener("state", ({ detail }) => say(detail));
// Somebody else signed in: this page is no longer theirs.
queue.news.addEventListener("other", ({ detail }) => { if (detail !== form.dataset.clerk) window.location.assign("/loket"); });

// What is being sent at this moment is not on the list: its paper comes.
async function draw() {
  const hidden = (entry) => saving && entry.state === "waiting" && !entry.late;
  if (me) await list(board, me.clerk, { hidden, print: provisional, mend });
}

async function mend(id) {
  const entry = await store.read(me, id);
  if (!entry) return;
  take(entry);
  paper.hidden = true;
  work.hidden = false;
  complain((entry.problems ?? []).map(([name, words]) => [named(name), words]));
}

// --- the start ---

async function begin() {
  if (!("indexedDB" in window && "locks" in navigator && window.crypto?.subtle)) return;
  const started = queue.start();
  if (!shell) await started;
  me = await store.who();
  if (!me) {
    form.hidden = shell;
    if (shell) say("nobody");
    return;
  }
  if (shell) {
    document.getElementById("kantor").textContent = me.office || document.getElementById("kantor").textContent;
    fields.office.closest(".field").hidden = !me.chooses;
    fields.confidential.closest(".field").hidden = me.confidential && !me.chooses;
    fields.not_confidential.closest(".field").hidden = !me.confidential && !me.chooses;
  }
  await restoreDraft();
  await draw();
}

const ready = begin().catch(() => { me = undefined; });
if ("serviceWorker" in navigator && !shell) {
  navigator.serviceWorker.register(form.dataset.worker, { scope: "/loket" }).catch(() => { /* then only with network */ });
}
// A page that comes back from the browser's cache begins anew: what was typed is in the draft.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
