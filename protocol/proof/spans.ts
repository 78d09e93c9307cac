/** Sorted stretches of sample positions that do not touch. */
export interface Span {
  from: number;
  /** Excluded. */
  to: number;
}

/** Adds `length` positions from `from` on, in place. */
export function addSpan(spans: Span[], from: number, length: number): void {
  if (!(length > 0)) return;
  let start = from;
  let end = from + length;
  let at = 0;
  while (at < spans.length && spans[at].to < start) at++;
  let count = 0;
  while (at + count < spans.length && spans[at + count].from <= end) {
    start = Math.min(start, spans[at + count].from);
    end = Math.max(end, spans[at + count].to);
    count++;
  }
  spans.splice(at, count, { from: start, to: end });
}

export function totalOf(spans: Span[]): number {
  let total = 0;
  for (let i = 0; i < spans.length; i++) total += spans[i].to - spans[i].from;
  return total;
}

/** True when every position of `spans` lies in `cover`. */
export function coveredBy(spans: Span[], cover: Span[]): boolean {
  for (let i = 0; i < spans.length; i++) {
    let isCovered = false;
    for (let k = 0; k < cover.length; k++) {
      if (cover[k].from <= spans[i].from && spans[i].to <= cover[k].to) isCovered = true;
    }
    if (!isCovered) return false;
  }
  return true;
}
