/** What one decoder of foreign bytes is to the fuzzer. */

export interface Target {
  /** As the command line and the corpus file name it. */
  name: string;
  /** Valid inputs to begin with, from the published vectors or generated. */
  seeds(): Uint8Array[];
  /** Byte strings to write into inputs, beside the literals of the code itself. */
  words?: (string | Uint8Array)[];
  /** Inputs do not grow beyond it. Default 4,096. */
  maxBytes?: number;
  /** The codes that a refusal of this decoder may bear; whatever else is thrown is a crash. */
  codes: RegExp;
  /** Branches that one input may take, so that work without bound is found in any run alike. Default 1,000,000. */
  maxSteps?: number;
  /**
   * Reads `bytes` as the product does and asserts what must hold of what was read.
   * @returns whether they were read; @throws a refusal with one of `codes`, or anything else: a crash
   */
  run(bytes: Uint8Array): boolean | Promise<boolean>;
}

/** Where the format is canonical, what was read must be written back to the same bytes. */
export function mustBeSame(written: Uint8Array, read: Uint8Array): void {
  if (Buffer.compare(written, read) !== 0)
    throw new Error(`was read, but is written as ${Buffer.from(written).toString("hex")}`);
}
