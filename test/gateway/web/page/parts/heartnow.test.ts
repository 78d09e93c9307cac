import assert from "node:assert/strict";
import { heartNow, OLD_MS, type SaidHeart, saidHeart } from "../../../../../gateway/web/page/parts/heartnow";

const NOW = 1_700_000_000_000;
const running = (at: number, rate?: number) => ({ recording: "r", contact: true, heart: { at, rate } });

describe("the heart rate now", () => {
  it("is told with its age, and not once it is old, ever", () => {
    assert.deepEqual(heartNow(running(NOW - 4000, 68.4), NOW), { kind: "rate", rate: 68, ageMs: 4000 });
    assert.equal(heartNow(running(NOW - OLD_MS, 68), NOW).kind, "rate");
    assert.equal(heartNow(running(NOW - OLD_MS - 1, 68), NOW).kind, "old");
    // What was poor then says nothing of now either.
    assert.equal(heartNow(running(NOW - OLD_MS - 1), NOW).kind, "old");
  });

  it("is none without contact, where nothing can be read, or where a clock is wrong", () => {
    assert.equal(heartNow({ ...running(NOW, 68), contact: false }, NOW).kind, "no-contact");
    assert.equal(heartNow(running(NOW), NOW).kind, "poor");
    assert.equal(heartNow({ recording: "r", contact: true }, NOW).kind, "none");
    assert.equal(heartNow(running(NOW + 60_000, 68), NOW).kind, "none");
    // A little ahead is no age below nothing.
    assert.deepEqual(heartNow(running(NOW + 2000, 68), NOW), { kind: "rate", rate: 68, ageMs: 0 });
  });

  it("is said to ears when it comes, goes, or changes much, and not at every beat", () => {
    const told: string[] = [];
    let said: SaidHeart | undefined;
    const rates = [...Array.from({ length: 40 }, (_, n) => 66 + (n % 5)), 90, undefined, 90];
    for (const [second, rate] of rates.entries()) {
      const next = saidHeart(said, heartNow(running(NOW, rate), NOW), second * 1000);
      if (next !== said)
        told.push(`${second}: ${next.heart.kind === "rate" ? next.heart.rate : next.heart.kind}`);
      said = next;
    }
    assert.deepEqual(told, ["0: 66", "40: 90", "41: poor", "42: 90"]);
  });

  it("that jumps about is said twice a minute at most", () => {
    let [said, count] = [undefined as SaidHeart | undefined, 0];
    for (let second = 0; second < 120; second++) {
      const next = saidHeart(said, heartNow(running(NOW, second % 2 ? 60 : 120), NOW), second * 1000);
      if (next !== said) count++;
      said = next;
    }
    assert.ok(count <= 5, `${count} times in two minutes`);
  });
});
