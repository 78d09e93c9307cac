import { strict as assert } from "node:assert";
import fc from "fast-check";
import { claimQr, decodeClaimCode, encodeClaimCode } from "../../protocol/claim";

const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const code = fc.uint8Array({ minLength: 16, maxLength: 16 });
const bare = (bytes: Uint8Array) => encodeClaimCode(bytes).replace(/ /g, "");
const replaced = (text: string, at: number, by: string) =>
  text.slice(0, at) + by + text.slice(at + by.length);

function refused(typed: string): void {
  assert.throws(
    () => decodeClaimCode(typed),
    (error: { code?: string }) => /^CLAIM_CODE_/.test(String(error.code)),
    `${typed} was taken`,
  );
}

describe("claim code", () => {
  it("is read from print, from the QR, and as people type", () => {
    fc.assert(
      fc.property(code, (bytes) => {
        const text = encodeClaimCode(bytes);
        assert.match(text, /^av1( [02-9ac-hj-np-z]{4}){8}$/);
        assert.match(claimQr(bytes), /^[A-Z0-9:]{42}$/);
        for (const typed of [
          text,
          claimQr(bytes),
          text.toUpperCase(),
          text.slice(4),
          `${text.replace(/ /g, "-")}\n`,
        ]) {
          assert.deepEqual(decodeClaimCode(typed), bytes);
        }
      }),
    );
  });

  it("catches every wrong character", () => {
    fc.assert(
      fc.property(code, (bytes) => {
        const text = bare(bytes);
        for (let at = 3; at < text.length; at++) {
          for (const other of CHARACTERS) if (other !== text[at]) refused(replaced(text, at, other));
        }
      }),
      { numRuns: 10 },
    );
  });

  it("catches every exchange of neighbours, every character left out, doubled or put in", () => {
    fc.assert(
      fc.property(code, fc.constantFrom(...CHARACTERS), (bytes, extra) => {
        const text = bare(bytes);
        for (let at = 3; at < text.length; at++) {
          const next = text[at + 1];
          if (next && next !== text[at]) refused(replaced(text, at, next + text[at]));
          refused(text.slice(0, at) + text.slice(at + 1));
          refused(text.slice(0, at) + extra + text.slice(at));
        }
      }),
    );
  });

  it("catches up to four wrong characters anywhere", () => {
    const errors = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 3, max: 34 }), fc.integer({ min: 1, max: 31 })),
      {
        minLength: 1,
        maxLength: 4,
        selector: ([at]) => at,
      },
    );
    fc.assert(
      fc.property(code, errors, (bytes, changes) => {
        let text = bare(bytes);
        for (const [at, shift] of changes) {
          text = replaced(text, at, CHARACTERS[(CHARACTERS.indexOf(text[at]!) + shift) % 32]!);
        }
        refused(text);
      }),
      { numRuns: 5000 },
    );
  });
});
