/**
 * One edge out of several leads: the outermost that others confirm, after Laguna, Jané and Caminal (1994),
 * doi:10.1006/cbmr.1994.1006. A single lead that sees a wave begin too early is not believed.
 */
import type { Missing } from "./delineate";

/** Of the leads that show a wave, those that must tell its edge. */
const TOLD_SHARE = { two: 0.5, more: 0.65 };

/** @param within how far from it those that confirm an edge lie, inward */
export function edgeOf(
  edges: (number | Missing)[],
  side: "earliest" | "latest",
  within: number,
): number | Missing | "disagreement" {
  const told = edges.filter((edge) => typeof edge === "number");
  if (told.length === 0) return edges[0] as Missing;
  if (edges.length === 1) return told[0]!;
  // The earliest may be among those that noise hides.
  const noisy = edges.filter((edge) => edge === "noisy").length;
  const share = edges.length === 2 ? TOLD_SHARE.two : TOLD_SHARE.more;
  if (told.length < share * (told.length + noisy)) return "noisy";
  const confirming = Math.max(1, Math.floor(told.length / 4));
  const inward = side === "earliest" ? 1 : -1;
  told.sort((a, b) => inward * (a - b));
  // A wave that one lead alone sees: others lie at right angles to it, and nothing contradicts.
  if (told.length === 1) return told[0]!;
  for (let k = 0; k + confirming < told.length; k++)
    if (Math.abs(told[k + confirming]! - told[k]!) <= within) return told[k]!;
  return "disagreement";
}
