// The desk's service worker. It keeps the desk's page and what that is made of, under their version, and nothing else:
// no complaint, no clerk's page. With network, every page comes from the server.
const PATIENCE = 6_000; // milliseconds; a line that says nothing for so long is as good as none

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(KEPT.version);
    await cache.addAll([KEPT.page, ...KEPT.files].map((address) => new Request(address, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("loket-") && name !== KEPT.version) await caches.delete(name);
    await self.clients.claim();
  })());
});

async function page(request) {
  const desk = new URL(request.url).pathname === "/loket";
  const silence = new Promise((_, fail) => { if (desk) setTimeout(fail, PATIENCE); });
  try {
    const answer = await Promise.race([fetch(request), silence]);
    // A proxy that speaks for a gateway which is away knows nothing of our policy.
    if (answer.status < 502 || answer.headers.has("Content-Security-Policy")) return answer;
  } catch { /* no network */ }
  if (!desk) return Response.redirect("/loket", 303);
  return (await caches.open(KEPT.version)).match(KEPT.page);
}

async function file(request) {
  const kept = await (await caches.open(KEPT.version)).match(request);
  return kept ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname.startsWith("/statis/")) event.respondWith(file(request));
});
