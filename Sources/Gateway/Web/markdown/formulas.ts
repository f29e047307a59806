// Typesets the formulas of finished blocks; one that cannot be typeset stays its text.

import { Later } from "./later";

interface Typesetter {
  typeset(tex: string, isDisplay: boolean): Promise<Node | null>;
}

const typesetter = new Later<Typesetter>("formulas", async (formula, script) => {
  const { tex, display } = formula.dataset;
  const drawn = await script.typeset(tex ?? "", display === "block");
  if (drawn) formula.replaceChildren(drawn);
});

/** Typesets the formulas in `root` soon. */
export function formulasSoon(root: HTMLElement): void {
  if (root.matches(".formula")) typesetter.add(root);
  for (const formula of root.querySelectorAll<HTMLElement>(".formula")) typesetter.add(formula);
}
