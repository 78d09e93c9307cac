/** The code that 'avnode start' prints, and that the first owner shows: whoever can read it is at the hub. */
import { randomBytes } from "node:crypto";
import { sameText } from "./tokens";

/** Crockford's base 32: what looks alike is one letter, or none. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 10;
const GROUP = 5;

/** 50 random bits, for as long as this process runs. */
export class SetupCode {
  private readonly letters = Array.from(randomBytes(LENGTH), (byte) => LETTERS[byte % LETTERS.length]).join(
    "",
  );

  /** Two groups of five. */
  get text(): string {
    return `${this.letters.slice(0, GROUP)}-${this.letters.slice(GROUP)}`;
  }

  /** In whatever case and grouping it was typed. */
  matches(typed: string): boolean {
    const said = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    return sameText(said, this.letters);
  }
}
