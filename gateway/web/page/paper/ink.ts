/** Colours of the paper. Red stays at its most in the light one's grid, so that a copier in red light leaves it out. */
import type { EpisodeFinding } from "../../../schema/findings";
import type { GridInk } from "./grid";

export interface Ink extends GridInk {
  /** The bare paper, as the page has it behind the canvas. */
  paper: string;
  trace: string;
  gap: string;
  text: string;
  /** Of the window in the overview, and of calipers. */
  tool: string;
  /** Of what lies between the slowest and the fastest beat. */
  spread: string;
  /** Grounds, under `text`; each has its name in words, too. */
  rhythms: Record<EpisodeFinding["rhythm"], string>;
}

/** Printed and by day. */
export const LIGHT: Ink = {
  fine: "#ffdede",
  strong: "#ffa8a8",
  paper: "#ffffff",
  trace: "#000000",
  gap: "#595959",
  text: "#1a1a1a",
  tool: "#0b4a9e",
  spread: "#b9cfe8",
  rhythms: {
    sinus: "#d9eadf",
    af: "#f7cd92",
    vrun: "#f4a9a2",
    pause: "#f4a9a2",
    tachy: "#f6e3a8",
    brady: "#cadcf3",
    ectopy: "#e4d3f1",
    other: "#f2dcc6",
    unreadable: "#e4e4e4",
  },
};

export const DARK: Ink = {
  fine: "#2f2224",
  strong: "#5c3538",
  paper: "#191d22",
  trace: "#f5f5f5",
  gap: "#b0b0b0",
  text: "#f0f0f0",
  tool: "#8ec5ff",
  spread: "#2f4a68",
  rhythms: {
    sinus: "#1f3a2a",
    af: "#5a3c0c",
    vrun: "#6a2420",
    pause: "#6a2420",
    tachy: "#4d430f",
    brady: "#1f3550",
    ectopy: "#3d2a52",
    other: "#4a3520",
    unreadable: "#2e3136",
  },
};
