// Lines that two texts share, and three texts in one: what only one side has changed is taken from that side.

/** Above this many changed lines two texts are not compared line by line: the time grows with their square. */
const limit = 1_000;

/** The lines that two lists share, in order, as pairs of places. By Myers, "An O(ND) Difference Algorithm", 1986. */
export function common(old: string[], next: string[]): [number, number][] {
  const pairs: [number, number][] = [];
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) pairs.push([start, start++]);
  let end = 0;
  while (end < old.length - start && end < next.length - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end += 1;
  const from = old.slice(start, old.length - end);
  const to = next.slice(start, next.length - end);
  for (const [left, right] of middle(from, to)) pairs.push([start + left, start + right]);
  for (let count = end; count > 0; count -= 1) pairs.push([old.length - count, next.length - count]);
  return pairs;
}

function middle(from: string[], to: string[]): [number, number][] {
  if (from.length === 0 || to.length === 0) return [];
  const most = Math.min(from.length + to.length, limit);
  // For each diagonal, the furthest place in `from` that so many changes reach.
  let reached = new Map<number, number>([[1, 0]]);
  const rounds: Map<number, number>[] = [];
  for (let changes = 0; changes <= most; changes += 1) {
    rounds.push(reached);
    const now = new Map(reached);
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let left = goesDown(reached, diagonal, changes) ? reached.get(diagonal + 1)! : reached.get(diagonal - 1)! + 1;
      while (left < from.length && left - diagonal < to.length && from[left] === to[left - diagonal]) left += 1;
      now.set(diagonal, left);
      if (left >= from.length && left - diagonal >= to.length) return walkBack(rounds, from.length, to.length);
    }
    reached = now;
  }
  return [];
}

const goesDown = (reached: Map<number, number>, diagonal: number, changes: number): boolean =>
  diagonal === -changes || (diagonal !== changes && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1));

function walkBack(rounds: Map<number, number>[], left: number, right: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let changes = rounds.length - 1; changes >= 0; changes -= 1) {
    const reached = rounds[changes]!;
    const isDown = goesDown(reached, left - right, changes);
    const diagonal = left - right + (isDown ? 1 : -1);
    const place = changes === 0 ? 0 : reached.get(diagonal)!;
    // After the step of this round come lines that both have.
    const begin = changes === 0 || isDown ? place : place + 1;
    while (left > begin) pairs.push([--left, --right]);
    [left, right] = [place, place - diagonal];
  }
  return pairs.reverse();
}

/** A difference: the places of the lines that were replaced, and of those that replace them. */
export interface Hunk {
  old: [number, number];
  next: [number, number];
}

export function hunks(old: string[], next: string[]): Hunk[] {
  const found: Hunk[] = [];
  let [left, right] = [0, 0];
  for (const [one, other] of [...common(old, next), [old.length, next.length] as [number, number]]) {
    if (one > left || other > right) found.push({ old: [left, one], next: [right, other] });
    [left, right] = [one + 1, other + 1];
  }
  return found;
}

/** Both changed versions of a text in one; where both have changed the same lines, `decide` says what stands there. */
export function merge(base: string, theirs: string, ours: string, decide: (theirs: string[], ours: string[]) => string[]): string {
  const [from, one, other] = [base.split("\n"), theirs.split("\n"), ours.split("\n")];
  const inTheirs = new Map(common(from, one));
  const inOurs = new Map(common(from, other));
  const result: string[] = [];
  let [start, left, right] = [0, 0, 0];
  const take = (end: number, leftEnd: number, rightEnd: number): void => {
    const [old, their, our] = [from.slice(start, end), one.slice(left, leftEnd), other.slice(right, rightEnd)];
    const isSame = (some: string[], others: string[]): boolean => some.length === others.length && some.every((line, index) => line === others[index]);
    if (isSame(their, our) || isSame(our, old)) result.push(...their);
    else if (isSame(their, old)) result.push(...our);
    else result.push(...decide(their, our));
  };
  for (let place = 0; place < from.length; place += 1) {
    const [inOne, inOther] = [inTheirs.get(place), inOurs.get(place)];
    if (inOne === undefined || inOther === undefined) continue;
    take(place, inOne, inOther);
    result.push(from[place]!);
    [start, left, right] = [place + 1, inOne + 1, inOther + 1];
  }
  take(from.length, one.length, other.length);
  return result.join("\n");
}
