/**
 * Stable codes of everything that reading a recording from elsewhere refuses.
 *
 * | code | means |
 * | --- | --- |
 * | `ADOPT_FORMAT` | the file is neither EDF, EDF+ nor BDF, BDF+ |
 * | `ADOPT_HEADER` | a header field is absent, malformed or out of range |
 * | `ADOPT_SIZE` | header and file disagree about how many bytes there are |
 * | `ADOPT_TOO_LARGE` | the file claims more than this reader takes |
 * | `ADOPT_ANNOTATION` | a list of time-stamped annotations is malformed, or its times run backwards |
 */
export type AdoptErrorCode =
  | "ADOPT_FORMAT"
  | "ADOPT_HEADER"
  | "ADOPT_SIZE"
  | "ADOPT_TOO_LARGE"
  | "ADOPT_ANNOTATION";

/** The only error that the readers throw on bad input: what is wrong, where, and what to do next. */
export class AdoptError extends Error {
  constructor(
    readonly code: AdoptErrorCode,
    place: string,
    problem: string,
    remedy: string,
  ) {
    super(`${place}: ${problem}; ${remedy}`);
    this.name = "AdoptError";
  }
}
