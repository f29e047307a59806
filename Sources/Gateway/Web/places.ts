// The conversation that was shown last in this tab, where the other sections lead back to.

const name = "jetbridge place";

export const places = {
  get conversation(): string {
    return `/${sessionStorage.getItem(name) ?? ""}`;
  },
  /** Keeps the place of the address. */
  keep(): void {
    if (location.hash) sessionStorage.setItem(name, location.hash);
    else sessionStorage.removeItem(name);
  },
  forget(): void {
    sessionStorage.removeItem(name);
  },
};
