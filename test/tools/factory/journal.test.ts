import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJournal, Journal } from "../../../tools/factory/journal";
import { STATION } from "./bench";
import { filesIn } from "./line";

/** A row of that is longer than its page bears, as one with a whole report is, and goes on in another. */
const CERTIFICATE_BYTES = 1500;
const SECRETS_BYTES = 76;
const PIECE_BYTES = 16;

describe("a station's journal", () => {
  const dir = mkdtempSync(join(tmpdir(), "avnode-journal-"));
  after(() => rmSync(dir, { recursive: true }));

  it("keeps no piece of what it erased, in pages that are free or beside what took its place", () => {
    createJournal(dir, STATION);
    const journal = new Journal(dir);
    const secrets = Array.from({ length: 12 }, (_, number) => {
      const chip = `chip-${number}`;
      const secret = randomBytes(SECRETS_BYTES);
      journal.meet(chip, undefined, 1);
      journal.reserve(
        chip,
        {
          ...{ number, serial: `T1-${number}`, device: randomBytes(8), secrets: secret },
          ...{ certificate: randomBytes(CERTIFICATE_BYTES), firmware: randomBytes(32) },
        },
        2,
      );
      return secret;
    });
    const found = () => {
      journal.settle();
      const files = filesIn(dir);
      return secrets.filter((secret) =>
        Array.from({ length: SECRETS_BYTES - PIECE_BYTES + 1 }, (_, at) =>
          secret.subarray(at, at + PIECE_BYTES),
        ).some((piece) => files.some(({ bytes }) => bytes.includes(piece))),
      ).length;
    };
    try {
      assert.equal(found(), secrets.length, "the search finds what is there");
      for (const number of secrets.keys())
        if (number % 2 === 0) journal.giveUp(`chip-${number}`, 3);
        else journal.db.transaction(() => journal.pass(`chip-${number}`, 3))();
      assert.equal(found(), 0);
    } finally {
      journal.close();
    }
  });
});
