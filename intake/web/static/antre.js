// Sends what waits, by itself and once: an entry's id is its own from the first moment, and the server knows it again.
import * as store from "./simpan.js";

const FIRST = 4_000; // milliseconds until the next try, doubled each time
const LAST = 300_000;
const PATIENCE = 180_000; // milliseconds for one entry with its photos

// Told: "change" when an entry's state changed, "state" when it is known whether we reach the server.
export const news = new EventTarget();
let token = "";
let pause = FIRST;
let timer = 0;

const tell = (type, detail) => news.dispatchEvent(new CustomEvent(type, { detail }));

// Ask who sits here; "" when all is well, else why not: "network", "session", "other".
async function refresh() {
  let answer;
  try {
    answer = await fetch("/loket/keadaan", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
  } catch {
    return why("network");
  }
  if (answer.status === 401) return why("session");
  if (!answer.ok) return why("network");
  const state = await answer.json();
  const before = await store.who();
  await store.signedIn(state);
  token = state.csrf;
  if (before && before.clerk !== state.clerk) tell("other", state.clerk);
  await stock(state);
  return why("");
}

function why(reason) {
  tell("state", reason);
  return reason;
}

// Have enough tickets for a while without network.
async function stock(state) {
  const me = await store.who();
  if ((await store.ticketsLeft(me, state.day)) > 10) return;
  try {
    const body = new URLSearchParams({ csrf: token });
    const answer = await fetch("/loket/nomor", { method: "POST", body, signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) return;
    const { day, tickets } = await answer.json();
    await store.keepTickets(me, day, tickets);
  } catch { /* the next time */ }
}

async function post(entry) {
  const body = new FormData();
  for (const [name, value] of Object.entries(entry.fields)) body.append(name, value);
  body.append("csrf", token);
  body.append("form_id", entry.form);
  body.append("entered_at", entry.at);
  for (const file of entry.files) body.append("files", file, file.name);
  const headers = { Accept: "application/json" };
  return fetch("/loket", { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
}

// Whether the one who wrote it is signed in now; nobody sends for somebody else.
async function permitted(me) {
  const reason = await refresh();
  return reason || ((await store.who())?.clerk === me.clerk ? "" : "other");
}

// "" when it was sent, "wrong" when a person has to mend it, else why it waits.
async function sendOne(me, id) {
  const entry = await store.read(me, id);
  if (!entry) return "";
  const reason = token ? "" : await permitted(me);
  if (reason) return reason;
  let answer = await post(entry);
  if (answer.status === 403) { // signed in anew meanwhile
    const again = await permitted(me);
    if (again) return again;
    answer = await post(entry);
  }
  if (answer.status === 401) {
    token = "";
    return why("session");
  }
  const said = await answer.json().catch(() => undefined);
  if (answer.ok && said) {
    await store.sent(id, said.ticket, entry.late);
    tell("change", { id, place: said.place ?? "" });
    return "";
  }
  if (answer.status === 422 && said) {
    await store.mark(id, { state: "wrong", problems: said.problems });
    tell("change", { id, problems: said.problems });
    return "wrong";
  }
  return why("busy");
}

// Send everything that waits, `first` before the others. Answers why something still waits, or "".
export function flush(first = "") {
  return navigator.locks.request("kanal-loket-kirim", async () => {
    const me = await store.who();
    const waiting = me ? (await store.entries(me.clerk)).filter((one) => one.state === "waiting") : [];
    waiting.sort((a, b) => Number(b.id === first) - Number(a.id === first));
    let reason = "";
    for (const one of waiting) {
      try {
        reason = await sendOne(me, one.id);
      } catch {
        reason = why("network");
      }
      if (reason && reason !== "wrong") break;
    }
    if (reason === "wrong") reason = "";
    if (!reason && waiting.length > 0) why("");
    again(reason);
    return reason;
  });
}

// Try once more after a while, each time a longer one, as long as there is a reason to.
function again(reason) {
  clearTimeout(timer);
  if (reason && reason !== "other") timer = setTimeout(() => void look(), pause * (0.75 + Math.random() / 2));
  pause = reason ? Math.min(pause * 2, LAST) : FIRST;
}

async function look() {
  const reason = await refresh();
  if (reason) again(reason);
  else await flush();
  return reason;
}

// Keep trying for as long as the page is open.
export async function start() {
  const now = () => {
    pause = FIRST;
    void look();
  };
  window.addEventListener("online", now);
  window.addEventListener("offline", () => why("network"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) now(); });
  const reason = await refresh();
  if (reason) again(reason);
  else void flush();
}
