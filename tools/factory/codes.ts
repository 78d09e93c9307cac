/** How a unit can fail at a station: what each code means, and what whoever stands there does next. */

export interface Failure {
  /** In a few words, as a screen has room for. */
  what: string;
  /** What the operator does next. */
  advice: string;
}

export const FAILURES = {
  E01: {
    what: "no answer",
    advice:
      "check cable and power and seat the unit anew; if it stays silent, give it the runtime again through its bootloader",
  },
  E02: {
    what: "wrong board or runtime",
    advice:
      "put it aside: this batch is for another board or another runtime version; flash the named one, then bring it back",
  },
  E03: {
    what: "not erased",
    advice: "try once more; when it fails twice, its flash is worn or damaged: scrap the board",
  },
  E04: {
    what: "upload failed",
    advice: "try once more with another cable; it goes on where it stopped",
  },
  E05: {
    what: "read back differs",
    advice: "try once more; when it fails twice, its flash is damaged: scrap the board",
  },
  E06: {
    what: "identity not written",
    advice: "try once more: it gets the same identity again; when it fails twice, scrap the board",
  },
  E07: {
    what: "self-test failed",
    advice: "read which check failed and what was measured; repair the unit, then bring it back",
  },
  E08: {
    what: "not locked",
    advice:
      "do not ship it: its console still answers, and gives away its keys; put it aside, tell whoever answers for the firmware, and take its identity from it with 'avnode factory give-up', then 'revoke --given-up'",
  },
  E09: {
    what: "not on the air",
    advice:
      "check the adapter or phone with a unit that passed; if that one is seen, look at this one's antenna and crystal, or give it the runtime again; where nothing looks, use --ask",
  },
  E10: {
    what: "label does not match",
    advice:
      "take the label off and stop: another unit of this batch may carry its own; print it anew with 'avnode factory label STATION SERIAL', stick it on, connect the unit again and scan it",
  },
  E11: {
    what: "identity of another chip",
    advice:
      "put it aside and tell whoever answers for security: it says that it is a unit which this station made of another chip",
  },
  E12: {
    what: "unit gone",
    advice: "connect it again, here or at another slot: it is recognised and finished",
  },
  E13: {
    what: "nobody answered",
    advice: "connect it again when somebody is there who answers: it is recognised and finished",
  },
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof FAILURES;

/** @returns what to do next; for a code of another version of this program, what to do then */
export function adviceFor(code: string): string {
  const known: Partial<Record<string, Failure>> = FAILURES;
  return known[code]?.advice ?? `${code} is not known here: look into the station's log`;
}

/** For help texts, two lines a code. */
export function failureTable(): string {
  return Object.entries(FAILURES)
    .map(([code, { what, advice }]) => `  ${code}  ${what}\n       ${advice}`)
    .join("\n");
}
