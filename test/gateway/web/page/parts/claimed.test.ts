import assert from "node:assert/strict";
import { answerTo } from "../../../../../gateway/claim/answers";
import type { ClaimCode } from "../../../../../gateway/store/claims";
import { REFUSALS } from "../../../../../gateway/store/refusals";
import { Messages } from "../../../../../gateway/web/page/messages/messages";
import { claimWords } from "../../../../../gateway/web/page/parts/claimed";

const english = new Messages("en", "en-GB");
const german = new Messages("de", "de-DE");

describe("page: how a claim ended", () => {
  it("has words exactly for those codes that have an answer", () => {
    const ends = ["wrong-code", "foreign", "already-yours", "before-restore", "nobody", "withdrawn"] as const;
    for (const code of [...ends, ...(Object.keys(REFUSALS) as ClaimCode[])])
      assert.equal(
        english.meaning("claim-end", code) !== undefined,
        !answerTo(code).detail.startsWith("the handheld was refused"),
        code,
      );
  });

  it("is told in the page's language, with the maker's fingerprint and why the hub is deaf", () => {
    const own = { detail: "english", next: "words" };
    assert.deepEqual(
      claimWords({ state: "expired", code: "nobody-heard", deaf: "no-adapter", ...own }, german),
      [
        "Dieser Hub hört selbst nichts, und kein Relais anderswo hörte ein Handgerät mit gehaltenem Knopf.",
        "Kein Bluetooth-Adapter ist da: Stecken Sie einen ein.",
      ],
    );
    const first = claimWords(
      { state: "claimed", maker: { fingerprint: "ab12", first: true }, ...own },
      german,
    );
    assert.equal(first[0], "Fingerabdruck seines Herstellers: ab12.");
    assert.match(first[1]!, /mit dem Papier des Herstellers/);
    assert.equal(first[2], "Drücken Sie seinen Knopf, um aufzuzeichnen.");
    assert.deepEqual(claimWords({ state: "refused", code: "never-heard", ...own }, german), [
      "english",
      "words",
    ]);
    assert.deepEqual(claimWords({ state: "waiting" }, german), []);
  });
});
