import { strict as assert } from "node:assert";
import { PassThrough } from "node:stream";
import { Terminal } from "../../../gateway/cli/terminal";
import { ANSWER_MINUTES, isYes, typedLines } from "../../../tools/factory/asking";
import { VirtualTime } from "../../../tools/sim/time";

const MINUTE_MS = 60_000;
const NOBODY = { code: "E13", message: `nobody answered within ${ANSWER_MINUTES} minutes` };

describe("questions of several slots", function () {
  this.timeout(10_000);
  let time: VirtualTime;
  let stdin: PassThrough;
  let shown: string[];
  let ask: (slot: string, signal?: AbortSignal) => Promise<boolean>;
  beforeEach(() => {
    time = new VirtualTime(0);
    stdin = new PassThrough();
    const none = process.stderr;
    const typed = typedLines(new Terminal(none, none, {}, stdin as unknown as NodeJS.ReadStream));
    shown = [];
    ask = (slot, signal = new AbortController().signal) => isYes(typed(() => shown.push(slot), signal));
  });
  afterEach(() => time.restore());

  /** And as long as it takes to be read. */
  async function type(text: string): Promise<void> {
    stdin.write(text);
    for (let ms = 0; ms < 10; ms++) await time.pass(1);
  }

  it("come one behind the other, each to its own answer", async () => {
    const answers = [ask("a"), ask("b")];
    await time.pass(1000);
    assert.deepEqual(shown, ["a"]);
    await type("what?\n");
    // Of a label that is scanned meanwhile.
    await type("YT-4711\n");
    await type("n\n");
    assert.equal(await answers[0], false);
    assert.deepEqual(shown, ["a", "b"]);
    await type("y\n");
    assert.equal(await answers[1], true);
  });

  it("hold up the others for a while only, whatever is typed that is no answer, and are not answered with no", async () => {
    const failing = assert.rejects(ask("a"), NOBODY);
    const second = ask("b");
    for (let minute = 1; minute < ANSWER_MINUTES; minute++) {
      await time.pass(MINUTE_MS);
      stdin.write("what?\n");
    }
    await time.pass(MINUTE_MS - 1);
    assert.deepEqual(shown, ["a"]);
    await time.pass(1);
    await failing;
    await time.pass(1);
    assert.deepEqual(shown, ["a", "b"]);
    // Its own time begins with its own turn.
    await time.pass(4 * MINUTE_MS);
    await type("y\n");
    assert.equal(await second, true);
  });

  it("are over with the unit that they are about, asked or not yet", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const gone = [ask("a", first.signal), ask("b", second.signal)].map((one) =>
      assert.rejects(one, { code: "E13" }),
    );
    const third = ask("c");
    await time.pass(1000);
    second.abort();
    first.abort();
    await Promise.all(gone);
    await time.pass(1);
    assert.deepEqual(shown, ["a", "c"]);
    await type("y\n");
    assert.equal(await third, true);
  });

  it("have no answer where nothing can be typed any more", async () => {
    stdin.end();
    await time.until(
      assert.rejects(ask("a"), { code: "E13", message: "nothing can be typed any more" }),
      1000,
    );
  });
});
