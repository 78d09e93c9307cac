import assert from "node:assert/strict";
import { openAccess } from "../../../gateway/access/database";
import { Egress } from "../../../gateway/access/egress";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { systemClock } from "../../../gateway/clock";
import { addRecipient, sendRecording } from "../../../gateway/delivery/sending";
import type { Way } from "../../../gateway/schema/delivery";
import { Outbox } from "../../../gateway/store/outbox/outbox";
import { Rig } from "../store/rig";

describe("avnode outbox", () => {
  let rig: Rig;
  let outbox: Outbox<Way>;
  let recording: string;
  let id: number;
  before(() => {
    rig = new Rig();
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.time.tick(5000);
    rig.time.restore();
    const { reader } = rig.store;
    recording = reader.recordings()[0]!.id;
    rig.store.assign(recording, rig.store.addPerson({ name: "Ada" }).id);
    rig.store.flush();
    outbox = Outbox.open(rig.dataDir, () => Date.now());
    const details = { name: "Dr Weiss", way: { kind: "folder", dir: "/practice" }, rule: "press" } as const;
    const consent = { who: "Ada", text: "Agreed." };
    const to = addRecipient(reader, outbox, { ...details, consent }, Date.now(), () => {});
    id = sendRecording(reader, outbox, recording, to.id).id;
  });
  after(() => {
    outbox.close();
    rig.end();
  });

  async function avnode(...words: string[]) {
    const said = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          said[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(into("out"), into("err"), {});
    return { code: await run([...words, "--data", rig.dataDir], "0.0.0", {}, terminal), ...said };
  }

  it("bounced is of what was accepted alone, and says how to find a number", async () => {
    const waiting = await avnode("outbox", "bounced", String(id));
    assert.equal(waiting.code, 3);
    assert.match(waiting.err, /is none that was accepted, so it cannot have come back/);
    for (const unknown of ["99", "one"]) {
      const { code, err } = await avnode("outbox", "bounced", unknown);
      assert.equal(code, 3);
      assert.match(err, /see 'avnode outbox'/);
    }
  });

  it("lists numbers, takes it that one came back, and writes that into the ledger", async () => {
    outbox.end(id, "accepted");
    assert.match(
      (await avnode("outbox")).out,
      new RegExp(`^ *${id} +${recording} +Dr Weiss +accepted `, "m"),
    );
    const { code, out, err } = await avnode("outbox", "bounced", String(id));
    assert.deepEqual([code, out], [0, `bounced: recording ${recording}\n`], err);
    const { deliveries } = JSON.parse((await avnode("outbox", "--json")).out);
    assert.deepEqual(
      [deliveries[0].state, deliveries[0].reason],
      ["bounced", "it came back, as its sender was told"],
    );
    const db = openAccess(rig.dataDir);
    const [entry] = new Egress(db, systemClock).list(1);
    db.close();
    assert.deepEqual(
      [entry!.kind, entry!.to, entry!.address, entry!.recording],
      ["return", "Dr Weiss", "/practice", recording],
    );
  });
});
