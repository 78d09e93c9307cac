import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afScoreOf, hasRhythms, scoreAf } from "../../../../gateway/rhythm/score/rhythm";
import { type Annotation, readAnnotations, writeAnnotations } from "../../../../gateway/wfdb/annotations";
import { codeOf } from "../../../../gateway/wfdb/codes";
import { Random } from "../../../../tools/sim/random";
import { ecgFiles, skipUnlessEcg } from "../../../machine";

const annotation = (sample: number, symbol: string, aux?: string): Annotation => ({
  sample,
  code: codeOf(symbol)!,
  symbol,
  subtype: 0,
  channel: 0,
  num: 0,
  ...(aux === undefined ? {} : { aux }),
});

describe("fibrillation of records scored", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "av-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("judges intervals where a record has annotations alone", () => {
    const random = new Random(7);
    const rate = 128;
    const list: Annotation[] = [annotation(20, "+", "(N")];
    let at = 30;
    const until = (seconds: number, interval: () => number) => {
      for (; at < seconds * rate; at += Math.round(interval() * rate)) list.push(annotation(at, "N"));
    };
    until(600, () => 0.9 + 0.02 * random.gaussian());
    list.push(annotation(at - 1, "+", "(AFIB"));
    list.sort((a, b) => a.sample - b.sample);
    until(1200, () => Math.max(0.35, 0.7 + 0.15 * random.gaussian()));
    writeFileSync(join(folder, "a.hea"), `a 1 ${rate} ${1300 * rate}\na.dat 16 200 12 0 0 0 0 ECG\n`);
    writeAnnotations(join(folder, "a.atr"), list);
    const score = scoreAf(join(folder, "a.hea"), 0, false);
    assert.equal(score.by, "intervals");
    assert.equal(score.whole.episodes, 1);
    // The window where it begins may be missed: more is known of what was before it.
    assert.ok(score.whole.durationSensitivity! > 0.85, `${score.whole.durationSensitivity}`);
    assert.ok(score.whole.falseShare! < 0.06, `${score.whole.falseShare}`);
    assert.equal(afScoreOf([score]).gross.whole.windows.tp, score.whole.windows.tp);
  });

  it("knows whether a record has rhythms", () => {
    assert.equal(hasRhythms([annotation(1, "N")]), false);
    assert.equal(hasRhythms([annotation(1, "+", "(N")]), true);
  });

  it("finds hardly any fibrillation in a record full of ectopy", function () {
    skipUnlessEcg(this, "mitdb");
    const header = ecgFiles("mitdb", "208.hea")[0]!;
    assert.ok(hasRhythms(readAnnotations(header.replace(/hea$/, "atr"))));
    assert.ok(scoreAf(header, 0, true).whole.falseShare! < 0.15);
  });
});
