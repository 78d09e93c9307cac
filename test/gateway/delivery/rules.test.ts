import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../gateway/clock";
import { Carrier } from "../../../gateway/delivery/carrier";
import { addRecipient, sendRecording, setRule } from "../../../gateway/delivery/sending";
import { handOver } from "../../../gateway/delivery/transport";
import type { SendingRule, Way } from "../../../gateway/schema/delivery";
import { silentLog } from "../../../gateway/store/log";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import { scratch } from "../../e2e/rig";
import { analyse, beat, begin, heart } from "../findings/hearts";
import type { Handheld } from "../store/handheld";
import { Rig } from "../store/rig";

const MINUTE_MS = 60_000;
const consent = { who: "Ada", text: "Reports go to the folder." };

describe("a recipient's rule", function () {
  this.timeout(120_000);
  const folder = scratch();
  let rig: Rig;
  let handheld: Handheld;
  let outbox: Outbox<Way>;
  let carrier: Carrier;
  let left: string[];
  let person: number;

  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
    person = rig.store.addPerson({ name: "Ada" }).id;
    outbox = Outbox.open(rig.dataDir, () => Date.now());
    left = [];
    carrier = new Carrier({
      ...{
        reader: rig.store.reader,
        outbox: Outbox.open(rig.dataDir, () => Date.now()),
        dataDir: rig.dataDir,
      },
      ...{ clock: systemClock, log: silentLog, random: () => 0.5, handOver },
      make: async () => ({ pdf: Buffer.from("%PDF-1.7 test"), hasProof: true, simulated: true }),
      makeLink: () => assert.fail("no link is asked for"),
      leaving: ({ recording, to }) => void left.push(`${to} ${recording}`),
    });
  });
  afterEach(async () => {
    await carrier.stop();
    outbox.close();
    rig.end();
  });

  const add = (rule: SendingRule, name: string = rule) => {
    const dir = join(mkdtempSync(join(folder, "to-")), "share");
    const details = { name, way: { kind: "folder", dir }, rule, consent } as const;
    return addRecipient(rig.store.reader, outbox, details, Date.now(), () => {}).id;
  };
  const mount = (id: number) => mkdirSync(dirOf(id));
  const dirOf = (id: number) => (outbox.recipient(id)!.way as Extract<Way, { kind: "folder" }>).dir;
  const filesOf = (id: number) => (existsSync(dirOf(id)) ? readdirSync(dirOf(id)).length : 0);
  /** Two minutes of Ada's heart, analysed. */
  const recorded = (af: boolean): string => {
    const made = begin(handheld);
    beat(handheld, made, heart(4), 120, { af, heartRateBpm: af ? 95 : 65 });
    handheld.close(made);
    rig.deliver(handheld, made);
    rig.time.tick(5000);
    const { id } = rig.store.reader.recordings().find(({ recording }) => recording === made.number)!;
    rig.store.assign(id, person);
    analyse(rig.store);
    return id;
  };

  it("sends every recording, or those with a possible AF, or none by itself; each once", async () => {
    const ids = [add("every"), add("af"), add("press")];
    for (const id of ids) mount(id);
    const [fibrillating, regular] = [recorded(true), recorded(false)];
    await rig.time.tickAsync(20 * MINUTE_MS);
    assert.deepEqual(left.sort(), [`af ${fibrillating}`, `every ${fibrillating}`, `every ${regular}`].sort());
    assert.deepEqual(ids.map(filesOf), [2, 1, 0]);
  });

  it("sends nothing that ended before it was said, that is nobody's, that runs, or that was not analysed", async () => {
    const before = recorded(true);
    rig.time.tick(MINUTE_MS);
    mount(add("every"));
    const nobodys = recorded(false);
    rig.store.assign(nobodys, null);
    const running = begin(handheld);
    beat(handheld, running, heart(5), 60);
    rig.deliver(handheld, running);
    await rig.time.tickAsync(20 * MINUTE_MS);
    assert.deepEqual(left, []);
    const after = recorded(false);
    await rig.time.tickAsync(2 * MINUTE_MS);
    assert.deepEqual(left, [`every ${after}`]);
    assert.notEqual(before, after);
  });

  it("sends no later version of what it sent; that goes once for each press that finds a new one", async () => {
    const to = add("every");
    mount(to);
    const id = recorded(false);
    await rig.time.tickAsync(2 * MINUTE_MS);
    rig.store.overRead(id, { name: "Dr Weiss", link: { id: "l1" }, findings: [], comment: "Sinus" });
    await rig.time.tickAsync(20 * MINUTE_MS);
    assert.equal(left.length, 1);
    const again = sendRecording(rig.store.reader, outbox, id, to);
    await rig.time.tickAsync(MINUTE_MS);
    assert.equal(sendRecording(rig.store.reader, outbox, id, to).id, again.id);
    await rig.time.tickAsync(20 * MINUTE_MS);
    assert.equal(left.length, 2);
    // Two versions are two files: the doctor keeps the first beside what was said later.
    assert.equal(filesOf(to), 2);
  });

  it("that is taken back or narrowed takes along what waits by it, and leaves what somebody pressed", async () => {
    // Nothing is mounted there, so that everything waits.
    const ids = [add("every", "narrowed"), add("every", "taken back"), add("every", "removed")];
    const [narrowed, taken, removed] = ids as [number, number, number];
    const [fibrillating, regular] = [recorded(true), recorded(false)];
    await rig.time.tickAsync(2 * MINUTE_MS);
    assert.equal(outbox.waitingCount(), 6);
    const say = (id: number, rule: SendingRule) =>
      setRule(outbox, id, { rule, consent }, Date.now(), () => {});
    say(narrowed, "af");
    say(taken, "press");
    const pressed = recorded(false);
    sendRecording(rig.store.reader, outbox, pressed, taken);
    outbox.remove(removed);
    for (const id of [narrowed, taken]) mount(id);
    await rig.time.tickAsync(20 * MINUTE_MS);
    const states = (to: number, id: string) =>
      outbox.list(id).flatMap(({ recipient, state }) => (recipient === to ? [state] : []));
    assert.deepEqual(states(narrowed, fibrillating), ["accepted"]);
    assert.deepEqual(states(narrowed, regular), ["withdrawn"]);
    for (const id of [fibrillating, regular]) {
      assert.deepEqual(states(taken, id), ["withdrawn"]);
      assert.deepEqual(states(removed, id), ["withdrawn"]);
    }
    assert.deepEqual(states(taken, pressed), ["accepted"]);
    assert.deepEqual([narrowed, taken].map(filesOf), [1, 1]);
  });
});
