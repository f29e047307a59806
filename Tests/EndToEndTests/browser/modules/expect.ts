// A runner for tables of cases. It needs nothing of Node but `console`, so the page's compiler settings check these files too.

let failures = 0;
let cases = 0;

export function expect(name: string, actual: unknown, expected: unknown): void {
  cases += 1;
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got === wanted) return;
  failures += 1;
  console.log(`FAILED ${name}\n  got      ${got}\n  expected ${wanted}`);
}

export function finish(): void {
  if (failures > 0) throw new Error(`${failures} of ${cases} cases failed`);
  console.log(JSON.stringify({ result: "ok", cases }));
}
