import assert from "node:assert/strict";
import { fingerprintOf } from "../../../gateway/store/makers";
import { importRevocationsBeside, pinMakerBeside } from "../../../gateway/store/trust";
import type { Handheld } from "./handheld";
import { makerOf } from "./makers";
import { Rig, START } from "./rig";

const [maker, other] = [makerOf("first"), makerOf("other")];
const seconds = START / 1000;
const DAY = 86400;

describe("a maker's revocations", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig({ kind: "home" });
    handheld = rig.own(maker.handheld(1), undefined);
  });
  afterEach(() => rig.end());

  const take = (bytes: Uint8Array) => importRevocationsBeside(rig.dataDir, bytes);
  const revoking = (number: number, since: number, device = handheld.id) =>
    maker.revokes(number, [{ device, since, reason: "stolen" }]);
  const verdicts = () => rig.verify().recordings.map(({ verdict }) => verdict);

  it("are taken with a rising number, and are here once", () => {
    assert.equal(take(revoking(3, seconds)).isNew, true);
    assert.equal(take(revoking(3, seconds)).isNew, false);
    assert.equal(take(revoking(4, seconds + 1)).isNew, true);
    assert.deepEqual(
      rig.store.reader.revocations.lists().map(({ number, units }) => [number, units.length]),
      [[4, 1]],
    );
    assert.ok(rig.verify().ok);
  });

  it("are refused with a reason of their own: no list, another maker's, altered, stale, two of one number", () => {
    take(revoking(3, seconds));
    const altered = revoking(4, seconds);
    altered[altered.length - 1]! ^= 1;
    const refusals: [Uint8Array, string, RegExp][] = [
      [Buffer.from("no list"), "REVOCATIONS_FORM", /Get it anew/],
      [other.revokes(9, []), "REVOCATIONS_MAKER", /avnode makers add/],
      [altered, "REVOCATIONS_SIGNATURE", /was altered/],
      [revoking(2, seconds), "REVOCATIONS_STALE", /number 2 .* number 3 is here/],
      [maker.revokes(3, []), "REVOCATIONS_FORKED", /in other hands/],
      [maker.revokes(4, []), "REVOCATIONS_DROPPED", /no longer names 1 that number 3 revoked/],
      [revoking(4, seconds, new Uint8Array(8).fill(5)), "REVOCATIONS_DROPPED", /nothing was taken/],
    ];
    for (const [bytes, code, message] of refusals) assert.throws(() => take(bytes), { code, message });
    assert.deepEqual(rig.store.reader.revocations.of({ maker: maker.publicKey, device: handheld.id }), {
      ...{ device: handheld.id, since: seconds, reason: "stolen" },
    });
  });

  it("count for what was logged from then on, and for nothing that was logged before", () => {
    rig.deliver(handheld, handheld.record(1));
    rig.time.tick(DAY * 1000);
    rig.hello(handheld);
    rig.deliver(handheld, handheld.record(1));
    take(revoking(1, seconds + DAY / 2));
    assert.deepEqual(verdicts(), ["authentic", "revoked"]);
    const report = rig.verify();
    assert.deepEqual([report.ok, report.problems], [false, []]);
    assert.match(
      report.recordings[0].notes.join(),
      /revoked its handheld from .* \(stolen\), after it was logged/,
    );
    assert.deepEqual(
      rig.store.reader.recordings().map(({ revoked }) => revoked),
      [undefined, { since: seconds + DAY / 2, reason: "stolen" }],
    );
    assert.deepEqual(rig.store.reader.devices()[0].revoked, {
      ...{ since: seconds + DAY / 2, reason: "stolen" },
    });
    // The maker corrects himself: from another day on.
    take(revoking(2, seconds + 10 * DAY));
    assert.deepEqual(verdicts(), ["authentic", "authentic"]);
    assert.equal(rig.store.reader.devices()[0].revoked?.since, seconds + 10 * DAY);
  });

  it("count for what no checkpoint dates yet", () => {
    const made = handheld.begin();
    handheld.data(made);
    rig.deliver(handheld, made);
    take(revoking(1, seconds + 10 * DAY));
    assert.deepEqual(verdicts(), ["revoked"]);
  });

  it("refuse a claim of a unit that they name, beside a hub that runs", () => {
    const stolen = maker.handheld(2);
    rig.handhelds.push(stolen);
    take(revoking(1, seconds + DAY, stolen.id));
    const claim = rig.store.claim(stolen.code);
    rig.hello(stolen, true);
    assert.deepEqual(
      [rig.store.claimState(claim)!.state, rig.store.claimState(claim)!.code],
      ["refused", "revoked"],
    );
    assert.equal(rig.store.reader.devices().length, 1);
  });

  it("of another maker say nothing of this one's unit", () => {
    pinMakerBeside(rig.dataDir, other.publicKey);
    take(other.revokes(1, [{ device: handheld.id, since: 0, reason: "envy" }]));
    rig.deliver(handheld, handheld.record(1));
    assert.deepEqual(verdicts(), ["authentic"]);
  });

  it("that were edited or deleted behind the store's back are believed no more, and told", () => {
    take(revoking(1, 0));
    rig.sql("UPDATE revocations SET number = 0");
    assert.deepEqual(rig.store.reader.revocations.lists(), []);
    assert.deepEqual(rig.verify().problems, [
      `the revocation list of maker ${fingerprintOf(maker.publicKey)} was altered`,
    ]);
    // An older one, too, that would otherwise be the newest here.
    assert.throws(() => take(revoking(2, 0)), { code: "STORE_ALTERED" });
    rig.sql("DELETE FROM revocations");
    assert.deepEqual(rig.verify().problems, ["revocation lists of 1 makers were imported, 0 are here"]);
  });
});
