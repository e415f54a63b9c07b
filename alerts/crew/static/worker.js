// Keeps the page and its files on the phone. Tasks and actions never pass through here: app.js keeps those.
const CACHE = "wangge-crew-VERSION";
const SHELL = ["/crew/", "/crew/app.js", "/crew/queue.js", "/crew/crew.css", "/crew/texts.json", "/crew/icon.svg", "/crew/manifest.webmanifest"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !SHELL.includes(url.pathname)) return;
  event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)));
});
