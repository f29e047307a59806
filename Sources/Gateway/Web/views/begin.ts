// How every section begins: with who is signed in, or with the sign-in.

import * as api from "../api";
import { h, replace } from "../dom";
import { mayBeSignedIn, showSignIn } from "./signin";

export const root = document.getElementById("app")!;

/** Calls `start` with the person as soon as somebody is signed in. */
export function begin(start: (me: api.Me) => void): void {
  // Asking who is signed in would only be refused.
  if (mayBeSignedIn()) void boot(start);
  else signInAgain(start);
}

export function signInAgain(start: (me: api.Me) => void): void {
  showSignIn(root, () => void boot(start));
}

async function boot(start: (me: api.Me) => void): Promise<void> {
  try {
    start(await api.me());
  } catch (error) {
    if (error instanceof api.APIError && error.status === 401) return signInAgain(start);
    replace(root, h(
      "main", { class: "signin" },
      h("div", { class: "signin-card" }, h("h1", {}, "Jetbridge"), h("p", { role: "alert" }, api.explain(error)),
        h("button", { type: "button", class: "primary", onclick: () => void boot(start) }, "Try again"))));
  }
}
