// How every section begins: with who is signed in, or with the sign-in.

import { silence } from "../announce";
import * as api from "../api";
import { h, replace } from "../dom";
import { takeJoinCode } from "./joining";
import { mayBeSignedIn, showSignIn } from "./signin";

export const root = document.getElementById("app")!;

/** Calls `start` with the person as soon as somebody is signed in. */
export function begin(start: (me: api.Me) => void): void {
  // Asking who is signed in would only be refused.
  if (mayBeSignedIn()) void boot(start, takeJoinCode());
  else signInAgain(start, takeJoinCode());
}

/** - `code`: of the link by which the person came. */
export function signInAgain(start: (me: api.Me) => void, code: string | null = null): void {
  silence();
  showSignIn(root, () => void boot(start), code);
}

async function boot(start: (me: api.Me) => void, code: string | null = null): Promise<void> {
  try {
    const me = await api.me();
    if (code === null) start(me);
    else replace(root, h(
      "main", { class: "signin" },
      h("div", { class: "signin-card" }, h("h1", {}, "Jetbridge"), h("p", {}, `This browser is signed in as ${me.name}. To use the link, sign out first, or open it in another browser.`),
        h("button", { type: "button", class: "primary", onclick: () => start(me) }, `Continue as ${me.name}`))));
  } catch (error) {
    if (error instanceof api.APIError && error.status === 401) return signInAgain(start, code);
    replace(root, h(
      "main", { class: "signin" },
      h("div", { class: "signin-card" }, h("h1", {}, "Jetbridge"), h("p", { role: "alert" }, api.explain(error)),
        h("button", { type: "button", class: "primary", onclick: () => void boot(start, code) }, "Try again"))));
  }
}
