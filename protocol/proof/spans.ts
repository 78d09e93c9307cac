/** Sorted stretches of sample positions that do not touch. */
export interface Span {
  from: number;
  /** Excluded. */
  to: number;
}

/** Stretches in any order, and overlapping, as such; empty ones vanish. */
export function spansOf(list: Span[]): Span[] {
  const sorted = list.slice().sort(function (a: Span, b: Span): number {
    return a.from - b.from;
  });
  const spans: Span[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const from = sorted[i].from;
    const to = sorted[i].to;
    if (to <= from) continue;
    const last = spans.length > 0 ? spans[spans.length - 1] : null;
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return spans;
}

export function totalOf(spans: Span[]): number {
  let total = 0;
  for (let i = 0; i < spans.length; i++) total += spans[i].to - spans[i].from;
  return total;
}

/** True when every position of `spans` lies in `cover`. */
export function coveredBy(spans: Span[], cover: Span[]): boolean {
  let k = 0;
  for (let i = 0; i < spans.length; i++) {
    while (k < cover.length && cover[k].to < spans[i].to) k++;
    if (k === cover.length || cover[k].from > spans[i].from) return false;
  }
  return true;
}
