// The sign-in page: leads to a provider where one is configured, and asks for the code from the server's terminal.

import * as api from "../api";
import { h, replace } from "../dom";
import { takeJoinCode } from "./joining";

/** Upper case, grouped as the terminal prints it, whatever spaces and dashes were typed. */
export function formatCode(text: string): string {
  const letters = text.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}

/** Whether the browser has sent a sign-in, which no script can read. */
export function mayBeSignedIn(): boolean {
  return document.querySelector<HTMLMetaElement>('meta[name="sign-in"]')?.content !== "none";
}

/** Shows the form, with the code of a link, and calls `onDone` once a code is accepted. */
export function showSignIn(root: HTMLElement, onDone: () => void, code: string | null = null): void {
  const error = h("p", { class: "form-error", id: "code-error", role: "alert" });
  const field = h("input", {
    id: "code", class: "code-field", type: "text", inputmode: "text", autocomplete: "one-time-code", autocapitalize: "characters",
    spellcheck: "false", maxlength: 12, placeholder: "XXXX-XXXX", required: true, "aria-describedby": "code-help code-error",
  });
  const name = h("input", { id: "name", class: "name-field", type: "text", autocomplete: "name", maxlength: 40, placeholder: "Shown next to your messages" });
  const help = h("p", { class: "hint", id: "code-help" }, "Look in the terminal where Jetbridge was started. For a new code, run ",
    h("code", {}, "jetbridge pair --role owner"), ".");
  const lead = h("p", { class: "lead", role: "status" }, "Your conversations, wherever they began.");
  const button = h("button", { type: "submit", class: "primary" }, "Sign in");
  const providers = h("div", { class: "signin-providers" });
  const form = h(
    "form", { class: "signin-form", novalidate: true, onsubmit: submit },
    h("label", { for: "code" }, "Sign-in code"), field, error,
    h("label", { for: "name" }, "Your name ", h("span", { class: "optional" }, "optional")), name, button,
    help);
  replace(root, h(
    "main", { class: "signin" },
    h("div", { class: "signin-card" }, h("img", { src: "/assets/icon.svg", alt: "", width: 44, height: 44 }),
      h("h1", {}, "Jetbridge"), lead, providers, form)));
  document.title = "Sign in · Jetbridge";
  field.addEventListener("input", () => {
    const atEnd = field.selectionStart === field.value.length;
    const formatted = formatCode(field.value);
    if (atEnd || formatted.length < field.value.length) field.value = formatted;
    fail("");
    name.disabled = false;
  });
  fill(code);
  // A link that is opened where the page is open already only changes the address.
  window.onhashchange = () => fill(takeJoinCode());
  void showProviders(providers);

  function fill(code: string | null): void {
    if (code === null) return field.focus();
    field.value = formatCode(code);
    button.focus();
    void look();
  }

  /** Says what the link is for, before anybody presses the button. */
  async function look(): Promise<void> {
    try {
      const found = await api.lookAtCode(field.value);
      if (found.name !== null && name.value === "") name.value = found.name;
      name.disabled = found.is_device;
      help.hidden = true;
      lead.textContent = found.is_device ? `Sign this browser in as ${found.name ?? "yourself"}.` : `You are invited as ${found.role}.`;
    } catch (problem) {
      fail(sentence(problem));
      field.focus();
    }
  }

  function fail(message: string): void {
    error.textContent = message;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const code = formatCode(field.value);
    if (code.length !== 9) {
      fail("The code has eight letters and digits.");
      field.focus();
      return;
    }
    button.disabled = true;
    try {
      await api.signIn(code, name.value.trim());
      window.onhashchange = null;
      onDone();
    } catch (problem) {
      fail(sentence(problem));
      field.focus();
      field.select();
    } finally {
      button.disabled = false;
    }
  }
}

/** Links, not buttons of a form: the page's policy lets forms lead to this server only, also by redirects. */
async function showProviders(element: HTMLElement): Promise<void> {
  let found;
  try {
    found = await api.signInMethods();
  } catch {
    // The code still works.
    return;
  }
  const names: Record<string, string | undefined> = { github: "GitHub", oidc: found.oidc_name };
  const next = encodeURIComponent(nextPath() ?? location.pathname + location.search + location.hash);
  const links = found.methods.filter((method) => names[method]).map((method) =>
    h("a", { class: "provider", href: `/api/v1/signin/${method}?next=${next}` }, `Sign in with ${names[method]}`));
  if (links.length > 0) replace(element, ...links, h("p", { class: "divider" }, "or with a code"));
}

function sentence(problem: unknown): string {
  if (!(problem instanceof api.APIError)) return api.explain(problem);
  if (problem.status === 429) {
    const wait = problem.retryAfter > 0 ? `in ${problem.retryAfter} seconds` : "in a minute";
    return `Too many wrong codes. Try again ${wait}.`;
  }
  if (problem.status === 401 || problem.status === 403) return "That code is wrong or no longer valid.";
  return problem.detail;
}

/** Where to go after signing in. Only a path on this server is accepted. */
export function nextPath(): string | null {
  const next = new URLSearchParams(location.search).get("next");
  return next && /^\/[^/\\]/.test(next) && !/[\x00-\x1f]/.test(next) ? next : null;
}
