// The browser's notifications: whether the browser allows them, and whether this person wants them here.

import { announce } from "./announce";

declare const PUSH_SCRIPT: string;

/** What is loaded when it is needed. */
export const pushing = (): Promise<typeof import("./push")> => import(PUSH_SCRIPT);

/** Whether the host pushes to this browser, which then shows what comes while the page is hidden. */
let isPushed = false;


export type NotificationState = "on" | "off" | "undecided" | "refused" | "missing";

const key = "notifications";

export function state(): NotificationState {
  if (!("Notification" in window)) return "missing";
  if (Notification.permission === "default") return "undecided";
  if (Notification.permission === "denied") return "refused";
  return localStorage.getItem(key) === "off" ? "off" : "on";
}

/** Asks where the browser has not been told yet. */
export async function allow(): Promise<NotificationState> {
  localStorage.removeItem(key);
  if (state() === "undecided") await Notification.requestPermission();
  await begin();
  announce(state() === "on" ? "You will be notified." : "This browser shows no notifications.");
  return state();
}

/** Has the host push to this browser where it may. */
export async function begin(): Promise<void> {
  if (state() === "on") isPushed = await pushing().then((push) => push.subscribe(), () => false);
}

/** Shows one, where the browser does that and this person wants it; `open` shows what it is about. */
export function notify(title: string, body: string, tag: string, open: () => void): void {
  // What is pushed is shown by the service worker.
  if (state() !== "on" || (isPushed && document.visibilityState === "hidden")) return;
  try {
    const notification = new Notification(title, { body, tag, icon: "/assets/icon.svg" });
    notification.onclick = () => {
      window.focus();
      notification.close();
      open();
    };
  } catch {
    // Browsers on phones show notifications of service workers only.
  }
}

/** Ends what is pushed here. */
export async function forget(): Promise<void> {
  if (isPushed) await pushing().then((push) => push.unsubscribe(), () => undefined);
  isPushed = false;
}

export function turnOff(): NotificationState {
  localStorage.setItem(key, "off");
  void forget();
  announce("You will not be notified.");
  return state();
}
