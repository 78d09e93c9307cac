/** Colours of the paper. Red stays at its most in the light one's grid, so that a copier in red light leaves it out. */
import type { GridInk } from "./grid";

export interface Ink extends GridInk {
  trace: string;
  gap: string;
  text: string;
  /** Of the window in the overview, and of calipers. */
  tool: string;
}

/** Printed and by day. */
export const LIGHT: Ink = {
  fine: "#ffdede",
  strong: "#ffa8a8",
  trace: "#000000",
  gap: "#595959",
  text: "#1a1a1a",
  tool: "#0b4a9e",
};

export const DARK: Ink = {
  fine: "#2c1a1a",
  strong: "#5c3030",
  trace: "#f5f5f5",
  gap: "#b0b0b0",
  text: "#f0f0f0",
  tool: "#8ec5ff",
};
