import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { healthValues } from "../../../gateway/findings/health";
import { analyse, beat, begin, heart } from "../findings/hearts";
import { Rig } from "../store/rig";

async function avnode(...words: string[]) {
  const caught = { out: "", err: "" };
  const into = (which: "out" | "err") =>
    ({
      write: (text: string) => {
        caught[which] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await run(words, "0.0.0", {}, new Terminal(into("out"), into("err"), {}));
  return { code, ...caught };
}

describe("avnode findings", function () {
  let rig: Rig;
  let ids: string[];
  let device: string;
  before(() => {
    rig = new Rig();
    const handheld = rig.claimed();
    device = handheld.hex;
    for (const af of [true, false]) {
      const made = begin(handheld);
      beat(handheld, made, heart(4), 120, { af, heartRateBpm: af ? 95 : 65 });
      handheld.close(made);
      rig.deliver(handheld, made);
    }
    analyse(rig.store);
    const silent = begin(handheld);
    rig.deliver(handheld, silent);
    const late = begin(handheld);
    beat(handheld, late, heart(4), 60);
    handheld.close(late);
    rig.deliver(handheld, late);
    ids = rig.store.reader.recordings().map(({ id }) => id);
    rig.time.restore();
  });
  after(() => rig.end());
  const data = () => ["--data", rig.dataDir];

  it("lists events, marked as a demo's, with what to do and without a diagnosis", async () => {
    const { code, out, err } = await avnode("findings", ...data());
    assert.equal(code, 0);
    const line = out.split("\n").find((one) => one.includes("possible AF"))!;
    assert.match(
      line,
      new RegExp(
        `^${ids[0]!.slice(0, 8)}  DEMO: possible AF, \\S+ \\S+ to \\S+ \\S+, confidence 0\\.\\d\\d: show a clinician$`,
      ),
    );
    assert.match(err, /no diagnosis/);
    const { events } = JSON.parse((await avnode("findings", "--json", ...data())).out);
    const af = events.find((one: { kind: string }) => one.kind === "af");
    assert.deepEqual([af.device, af.simulated, af.strip.recording], [device, true, ids[0]]);
  });

  it("tells one recording's episodes, its analysis and the version; so does show", async () => {
    for (const command of ["findings", "show"]) {
      const { code, out } = await avnode(command, ids[0]!.slice(0, 8), ...data());
      assert.equal(code, 0);
      assert.match(
        out,
        new RegExp(`analysis   ${ids[0]}/1 of lead I, to its end, \\d+ % of it readable, \\d+ beats`),
      );
      assert.match(out, /^version {4}(avnode-[a-z]+\/\d+ ?){4}$/m);
      assert.match(out, /finding {4}DEMO: .*possible AF, \d+ a minute, confidence .*: show a clinician/);
      assert.match(out, /no diagnosis/);
    }
    assert.match((await avnode("show", ids[1]!, ...data())).out, /finding {4}none/);
    assert.match((await avnode("show", ids[2]!, ...data())).out, /analysis {3}not yet/);
    const { analyses } = JSON.parse((await avnode("findings", ids[0]!, "--json", ...data())).out);
    assert.deepEqual(analyses, JSON.parse(JSON.stringify(rig.store.reader.findings.of(ids[0]!))));
  });

  it("asks whoever writes to analyse, waits for that, and asks once however often it is typed", async () => {
    const id = ids[3]!;
    const both = [1, 2].map(() => avnode("findings", id, "--again", ...data()));
    await setImmediate();
    assert.deepEqual(
      rig.store.reader.findings.of(id).map(({ number, ended }) => [number, ended]),
      [[1, false]],
      "asked for",
    );
    analyse(rig.store);
    for (const { code, out } of await Promise.all(both)) {
      assert.equal(code, 0);
      assert.match(out, new RegExp(`analysis {3}${id}/1 of lead I, to its end`));
    }
    assert.equal(rig.store.reader.findings.of(id).length, 1);
  });

  it("sees whether this version says the same again, and wants to know of which recording", async () => {
    const same = await avnode("findings", ids[0]!, "--again", ...data());
    assert.equal(same.code, 0);
    assert.match(same.err, /says the same/);
    const none = await avnode("findings", "--again", ...data());
    assert.equal(none.code, 2);
    assert.match(none.err, /give its id/);
  });

  it("tells Home Assistant the rate and rhythm now, and the last finding with its day and time", () => {
    const pulse = {
      recording: ids[0]!,
      sample: 1,
      at: 1_700_000_000_000,
      heartRate: 71.4,
      rhythm: "af" as const,
    };
    const values = healthValues({ newest: (of) => (of === device ? pulse : undefined) }, rig.store.reader);
    const { finding, ...rest } = values.newest(device)!;
    assert.deepEqual(rest, { at: pulse.at, heartRate: 71.4, rhythm: "possible AF" });
    assert.match(finding!, /^DEMO: .*\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d/);
    assert.equal(values.newest("0011223344556677"), undefined);
  });
});
