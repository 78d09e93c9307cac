import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordBackup } from "../../../gateway/backup/record";
import { runBackup } from "../../../gateway/backup/run";
import type { Handheld, Made } from "../store/handheld";
import { WebRig } from "./rig";

describe("where a recording is", function () {
  this.timeout(60_000);
  let rig: WebRig;
  let handheld: Handheld;
  let outside: string;
  beforeEach(async () => {
    rig = new WebRig();
    outside = mkdtempSync(join(tmpdir(), "avnode-where-"));
    handheld = rig.claimed();
    await rig.serve();
  });
  afterEach(async () => {
    await rig.close();
    rmSync(outside, { recursive: true });
  });

  const where = async (id: string) => {
    const answer = await rig.ask("GET", `/api/recordings/${id}/whereabouts`);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  };
  const backUp = (name = "copy") => {
    runBackup({
      ...{ dataDir: rig.dataDir, dir: join(outside, name) },
      onCode: () => {},
      now: () => rig.time.now,
    });
  };
  /** Some of it, so that the rest is still on the handheld. */
  const begun = (): { id: string; made: Made } => {
    const made = handheld.begin();
    for (let k = 0; k < 3; k++) handheld.data(made);
    rig.deliver(handheld, made);
    return { made, id: rig.idOf(handheld, made.number) };
  };

  it("is told from the handheld to the hub, and when the log had it", async () => {
    rig.send(handheld, handheld.status({ state: 2, backlog: 7 }));
    const { id, made } = begun();
    const first = await where(id);
    assert.deepEqual(
      [first.handheld.holds, first.hub.complete, first.hub.loggedAt],
      ["part", false, undefined],
    );
    handheld.close(made);
    rig.deliver(handheld, made);
    const then = await where(id);
    assert.deepEqual([then.handheld.holds, then.hub.complete, then.hub.holes], ["freed", true, 0]);
    assert.ok(then.hub.loggedAt >= then.hub.firstAt);
    assert.deepEqual([then.copies, then.doctors], [[], []]);
  });

  it("is not told as whole while frames are missing", async () => {
    const made = handheld.record(5);
    rig.deliver(
      handheld,
      made,
      [0, 1, 2, 4, 5, 6].filter((k) => k < made.frames.length),
    );
    const { hub, handheld: from } = await where(rig.idOf(handheld, made.number));
    assert.deepEqual([hub.complete, hub.holes], [false, 1]);
    assert.notEqual(from.holds, "freed");
  });

  it("says of each copy what it holds, by when it was made, and by the medium where a run failed", async () => {
    const { id, made } = begun();
    rig.time.tick(1000);
    backUp();
    const holds = async () =>
      (await where(id)).copies.map(({ kind, holds }: { kind: string; holds: string }) => [kind, holds]);
    assert.deepEqual(await holds(), [["backup", "all"]]);
    rig.time.tick(1000);
    handheld.close(made);
    rig.deliver(handheld, made);
    assert.deepEqual(await holds(), [["backup", "part"]]);
    // Tried and failed: what is on the medium is as old as it was.
    recordBackup(rig.dataDir, { place: join(outside, "copy"), kind: "backup", failed: "BACKUP_PLACE: none" });
    assert.deepEqual(await holds(), [["backup", "part"]]);
    recordBackup(rig.dataDir, { place: "attic", kind: "mirror", failed: "gone" });
    assert.deepEqual(await holds(), [
      ["backup", "part"],
      ["mirror", "unknown"],
    ]);
    const later = handheld.record(2);
    rig.time.tick(1000);
    rig.deliver(handheld, later);
    const [copy] = (await where(rig.idOf(handheld, later.number))).copies;
    assert.equal(copy.holds, "none");
  });

  it("says who was given a link, opened it and read it over, also when the link is over", async () => {
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    const id = rig.idOf(handheld, made.number);
    const link = async (label: string) =>
      (await rig.ask("POST", "/api/links", { recording: id, hours: 1, label })).json();
    await rig.give(id);
    const weiss = await link("Dr Weiss");
    rig.time.tick(1);
    await link("Dr Braun");
    const authorization = `Bearer ${weiss.address.split("#")[1]}`;
    const nobody = { cookie: "", csrf: "" };
    await rig.ask("GET", `/api/recordings/${id}`, undefined, { authorization }, nobody);
    const openedAt = rig.time.now;
    rig.time.tick(5000);
    const said = { name: "A. Weiss", comment: "Seen.", findings: [] };
    const read = await rig.ask("POST", `/api/recordings/${id}/overreads`, said, { authorization }, nobody);
    assert.equal(read.statusCode, 201, read.body);
    const done = { label: "Dr Weiss", openedAt, readAt: rig.time.now, name: "A. Weiss" };
    const { doctors } = await where(id);
    assert.deepEqual(doctors[0], { ...done, sentAt: weiss.createdAt, expiresAt: weiss.expiresAt });
    assert.deepEqual(Object.keys(doctors[1]).sort(), ["expiresAt", "label", "sentAt"]);
    rig.time.tick(3600_000);
    assert.deepEqual((await where(id)).doctors, [done]);
  });
});
