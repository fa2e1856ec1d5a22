// What the desk keeps in this browser until it was sent: entries with their photos, a draft, reserved tickets. All of it
// is encrypted under a key that the server gives to the signed-in clerk alone. The browser holds that key (not to be
// read out) until somebody else signs in or the clerk leaves: what is kept then cannot be opened by anybody but them.
const STORES = [["siapa", "name"], ["entri", "id"], ["nomor", "ticket"]];
let opening;

function database() {
  opening ??= new Promise((done, fail) => {
    const asked = indexedDB.open("kanal-loket", 1);
    asked.addEventListener("upgradeneeded", () => {
      for (const [name, keyPath] of STORES) asked.result.createObjectStore(name, { keyPath });
    });
    asked.addEventListener("success", () => done(asked.result));
    asked.addEventListener("error", () => fail(asked.error));
  });
  return opening;
}

// One transaction; `work(stores…)` may return a request, whose result comes when everything is on the disk.
async function within(mode, names, work) {
  const db = await database();
  return new Promise((done, fail) => {
    const change = db.transaction(names, mode, { durability: "strict" });
    const request = work(...names.map((name) => change.objectStore(name)));
    change.addEventListener("complete", () => done(request?.result));
    change.addEventListener("abort", () => fail(change.error));
  });
}

async function seal(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

const open = (key, { iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data);
const packed = (value) => new TextEncoder().encode(JSON.stringify(value));
const unpacked = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

// Who sits here: {clerk, key, office, confidential, chooses}; undefined when nobody has signed in.
export const who = () => within("readonly", ["siapa"], (people) => people.get("siapa"));

// The server says who signed in. Another clerk's key is dropped; what that one has not sent stays, closed.
export async function signedIn(state) {
  const bytes = Uint8Array.from(state.key.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const { clerk, office, confidential, chooses } = state;
  const one = { name: "siapa", clerk, key, office, confidential, chooses };
  await within("readwrite", ["siapa"], (people) => people.put(one));
  return one;
}

// Entries of one clerk as they lie there, the oldest first: {id, clerk, state, ticket, at, …}.
export async function entries(clerk) {
  const all = await within("readonly", ["entri"], (kept) => kept.getAll());
  return all.filter((one) => one.clerk === clerk).sort((a, b) => a.at.localeCompare(b.at));
}

// Keep an entry: `open` fields can be read by anybody, `content` {fields, paper} and `files` by its clerk alone.
export async function keep(me, open_, content, files) {
  const named = { ...content, files: files.map(({ name, type }) => ({ name, type })) };
  const sealed = await seal(me.key, packed(named));
  const photos = await Promise.all(files.map(async (file) => seal(me.key, await file.arrayBuffer())));
  await within("readwrite", ["entri"], (kept) => kept.put({ ...open_, clerk: me.clerk, sealed, photos }));
}

// {…open, fields, paper, files}, or undefined: it is gone, or somebody else's.
export async function read(me, id) {
  const one = await within("readonly", ["entri"], (kept) => kept.get(id));
  if (one?.clerk !== me.clerk || !one.sealed) return undefined;
  const content = unpacked(await open(me.key, one.sealed));
  const files = await Promise.all(one.photos.map(async (photo, place) => {
    const { name, type } = content.files[place];
    return new File([await open(me.key, photo)], name, { type });
  }));
  return { ...one, ...content, files };
}

// Change what can be read by anybody of an entry that is still there.
export function mark(id, more) {
  return within("readwrite", ["entri"], (kept) => {
    const asked = kept.get(id);
    asked.addEventListener("success", () => asked.result && kept.put({ ...asked.result, ...more }));
  });
}

// It was sent: nothing of it stays but ticket and time.
export function sent(id, ticket, late) {
  return within("readwrite", ["entri"], (kept) => {
    const asked = kept.get(id);
    asked.addEventListener("success", () => {
      if (!asked.result) return;
      if (!late) return kept.delete(id);
      const { clerk, at } = asked.result;
      kept.put({ id, clerk, at, ticket: ticket || asked.result.ticket, state: "sent", sentAt: new Date().toISOString() });
    });
  });
}

export const remove = (id) => within("readwrite", ["entri"], (kept) => { kept.delete(id); });

// --- reserved tickets ---

export async function keepTickets(me, day, papers) {
  const rows = await Promise.all(papers.map(async (paper) => (
    { ticket: paper.ticket, clerk: me.clerk, day, sealed: await seal(me.key, packed(paper)) }
  )));
  await within("readwrite", ["nomor"], (kept) => { for (const row of rows) kept.put(row); });
}

// How many are left of `day`; those of other days are thrown away, for whoever is online gets new ones.
export async function ticketsLeft(me, day) {
  const all = await within("readonly", ["nomor"], (kept) => kept.getAll());
  const old = all.filter((one) => one.clerk === me.clerk && one.day !== day);
  if (old.length > 0) await within("readwrite", ["nomor"], (kept) => { for (const one of old) kept.delete(one.ticket); });
  return all.filter((one) => one.clerk === me.clerk && one.day === day).length;
}

// Take the next one out, so that no other tab has it; undefined when none is left.
export async function takeTicket(me) {
  let taken;
  await within("readwrite", ["nomor"], (kept) => {
    const asked = kept.getAll();
    asked.addEventListener("success", () => {
      const mine = asked.result.filter((one) => one.clerk === me.clerk);
      mine.sort((a, b) => b.day.localeCompare(a.day) || a.ticket.localeCompare(b.ticket));
      [taken] = mine;
      if (taken) kept.delete(taken.ticket);
    });
  });
  return taken && unpacked(await open(me.key, taken.sealed));
}

// --- leaving ---

// How many entries would be lost if this clerk's things were wiped; a draft counts.
export async function unsent() {
  const me = await who();
  return me ? (await entries(me.clerk)).filter((one) => one.state !== "sent").length : 0;
}

// The clerk leaves. `wipe`: what was not sent goes, too; else it stays, closed until they sign in again.
export async function leave(wipe) {
  const me = await who();
  if (!me) return;
  const mine = await entries(me.clerk);
  await within("readwrite", ["siapa", "entri", "nomor"], (people, kept, tickets) => {
    people.clear();
    for (const one of mine) if (wipe || one.state === "sent") kept.delete(one.id);
    const asked = tickets.getAll();
    asked.addEventListener("success", () => {
      for (const one of asked.result) if (one.clerk === me.clerk) tickets.delete(one.ticket);
    });
  });
}
