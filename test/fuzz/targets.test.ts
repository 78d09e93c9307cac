import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Bundle, bundleTargets } from "../../tools/fuzz/bundle";
import { readCorpus } from "../../tools/fuzz/corpus";
import { runTarget } from "../../tools/fuzz/session";
import { targets } from "../../tools/fuzz/targets";

const SEED = process.env.AVNODE_SEED ?? String(Date.now() % 1_000_000);
const INPUTS = 20_000;
/** The slow ones get fewer inputs. */
const SECONDS = 1;

describe(`every decoder of foreign bytes, fuzzed with up to ${INPUTS} inputs each, seed ${SEED}`, function () {
  let bundle: Bundle;
  before(async () => {
    bundle = await bundleTargets(join(__dirname, "../../tools/fuzz/targets/index.ts"));
  });

  for (const { name } of targets)
    it(`${name}: refuses with a listed code, or reads what holds`, async () => {
      const { crashes, read, inputs } = await runTarget(bundle, {
        target: name,
        bounds: { seed: SEED, runs: INPUTS, seconds: SECONDS, crashes: 8 },
        kept: readCorpus(join(__dirname, "corpus"), name),
        hangMs: 20_000,
        progress: () => undefined,
      });
      for (const { message, input } of crashes)
        assert.fail(`${message}\ninput ${Buffer.from(input).toString("hex")}`);
      assert.ok(read > 0 && read < inputs, `${read} of ${inputs} read`);
    });
});
