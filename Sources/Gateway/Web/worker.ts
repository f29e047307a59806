// The service worker: shows what is pushed, and keeps the page's own files, which contain nothing of anybody, so that the
// installed page opens without a connection. Answers of the API are never kept.

interface Client { readonly url: string; focus(): Promise<Client>; navigate(url: string): Promise<Client | null> }
interface Scope {
  registration: ServiceWorkerRegistration;
  clients: { matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<Client[]>; openWindow(url: string): Promise<Client | null>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof Events>(name: Name, handle: (event: Events[Name]) => void): void;
}
interface Lasting extends Event { waitUntil(work: Promise<unknown>): void }
interface Events {
  install: Lasting;
  activate: Lasting;
  push: Lasting & { data: { json(): Pushed } | null };
  notificationclick: Lasting & { notification: Notification };
  fetch: Lasting & { request: Request; respondWith(answer: Promise<Response>): void };
}
interface Pushed { title: string; body: string; url: string; tag: string }

const scope = self as unknown as Scope;
const shell = "shell";
/** Of the page's files, in all the languages of code and all fonts. */
const limit = 60;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("push", (event) => {
  const pushed = read(event.data);
  event.waitUntil(scope.registration.showNotification(pushed.title, {
    body: pushed.body, tag: pushed.tag, icon: "/assets/icon.png", badge: "/assets/icon.png", data: pushed.url,
  } as NotificationOptions));
});

function read(data: { json(): Pushed } | null): Pushed {
  try {
    if (data) return data.json();
  } catch {
    // Browsers demand that something is shown.
  }
  return { title: "Jetbridge", body: "Something is new.", url: "/", tag: "" };
}

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(new URL(String(event.notification.data ?? "/"), location.origin)));
});

async function show(url: URL): Promise<void> {
  if (url.origin !== location.origin) return;
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((client) => new URL(client.url).pathname === url.pathname);
  try {
    if (page) {
      await (await page.focus()).navigate(url.href);
      return;
    }
  } catch {
    // A page that this worker does not control yet.
  }
  await scope.clients.openWindow(url.href);
}

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === "/") event.respondWith(page(request));
  else if (/^\/assets\/[0-9a-f]{16}\//.test(pathname)) event.respondWith(file(request));
});

/** The newest page, or without a connection the last one. */
async function page(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request);
    if (answer.ok) await keep("/", answer.clone());
    return answer;
  } catch (error) {
    const kept = await (await caches.open(shell)).match("/");
    if (kept) return kept;
    throw error;
  }
}

/** A file whose address changes with its content. */
async function file(request: Request): Promise<Response> {
  const kept = await (await caches.open(shell)).match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await keep(request.url, answer.clone());
  return answer;
}

async function keep(url: string, answer: Response): Promise<void> {
  try {
    const cache = await caches.open(shell);
    await cache.put(url, answer);
    const keys = await cache.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - limit))) await cache.delete(key);
  } catch {
    // A full disk: the page works without it.
  }
}
