// What the page seldom needs: the versions of messages, parts of the settings, and messages of the host while no page is
// open, by the browser's push service. A file of its own, which is loaded when it is needed.

import * as api from "./api";

export { languageChoice } from "./views/language";
export { MemoryList } from "./views/memory";
export { Notified } from "./views/notified";
export { OwnData } from "./views/owndata";
export { showVersions } from "./views/versions";

/** Has the host push to this browser. Returns whether it does: browsers without push keep the page's own notifications. */
export async function subscribe(): Promise<boolean> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return false;
  try {
    await navigator.serviceWorker.register("/sw.js");
    const { pushManager } = await navigator.serviceWorker.ready;
    const { key } = await api.pushSubscriptions();
    const old = await pushManager.getSubscription();
    if (old && encoded(old.options.applicationServerKey) !== key) await old.unsubscribe();
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await api.subscribePush(subscription.toJSON() as unknown as api.NewPushSubscription);
    return true;
  } catch {
    // No push service, or a private window: the page notifies while it is open.
    return false;
  }
}

/** Ends it. */
export async function unsubscribe(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration("/");
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
    for (const item of (await api.pushSubscriptions()).items) if (item.own) await api.unsubscribePush(item.id);
  } catch {
    // The sign-in has ended, and what belongs to it with it.
  }
}

function encoded(key: ArrayBuffer | null): string {
  return btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
