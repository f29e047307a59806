// Codes that let a browser in: the link that fills the sign-in in, the dialog that shows a code, and the last browser's sign-out.

import * as api from "../api";
import { copyTextButton } from "../clipboard";
import { Child, h, iconButton } from "../dom";
import { endTime, fullTime } from "../time";

/** What follows `#join=` in the page's address, from which it is taken; null without one. */
export function takeJoinCode(): string | null {
  const code = /^#join=(.{1,60})$/.exec(location.hash)?.[1];
  if (code === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** The code and its link, each with a button that copies it. */
export function codeRows(code: api.JoiningCode): HTMLElement {
  const row = (label: string, value: string): HTMLElement => h(
    "p", { class: "join-row" }, h("span", {}, label), h("code", {}, value), copyTextButton(`Copy the ${label.toLowerCase()}`, () => value));
  return h("div", {}, row("Code", code.code), row("Link", code.url),
    h("p", { class: "join-note" }, "It works once, until ", h("time", { title: fullTime(code.expires_at) }, endTime(code.expires_at)), "."));
}

/** Shows a code that signs in another browser of this person. */
export async function addDevice(me: api.Me, failed: (error: unknown) => void): Promise<void> {
  try {
    const code = await api.addBrowser(me.id);
    const dialog = open("Add a device", h("p", {}, "Open the link on the other device, or enter the code on its sign-in page. It will be signed in as you, so give the code to nobody else."),
      codeRows(code), h("div", { class: "choices" }, h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done")));
  } catch (error) {
    failed(error);
  }
}

/** Asks whether the last browser of a person is to be signed out. */
export function askToLeave(me: api.Me, failed: (error: unknown) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const leave = h("button", { type: "button", class: "danger", onclick: () => { resolve(true); dialog.close(); } }, "Sign out");
    const add = h("button", { type: "button", class: "primary", onclick: () => { dialog.close(); void addDevice(me, failed); } }, "Add a device");
    const dialog = open("Sign out of your last browser?",
      h("p", {}, "This is your last browser; once it is signed out, nobody can sign in as you again, and your conversations here are out of your reach. Add a device first to keep them."),
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, "Cancel"), add, leave));
    // After the choice, which counts.
    dialog.addEventListener("close", () => resolve(false));
  });
}

/** Opens a dialog, which is removed when it closes. */
export function open(title: string, ...content: Child[]): HTMLDialogElement {
  const dialog: HTMLDialogElement = h(
    "dialog", { class: "help joining", "aria-labelledby": "joining-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "joining-title" }, title), iconButton("close", "Close", () => dialog.close())), ...content);
  document.body.appendChild(dialog);
  dialog.showModal();
  return dialog;
}
