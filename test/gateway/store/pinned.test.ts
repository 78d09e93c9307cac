import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fingerprintOf } from "../../../gateway/store/makers";
import { forgetMakerBeside, importPapersBeside, pinMakerBeside } from "../../../gateway/store/trust";
import { DeviceClass, SIMULATION_MAKER } from "../../../protocol/certificate";
import { Handheld } from "./handheld";
import { makerOf } from "./makers";
import { Rig } from "./rig";

const [first, other] = [makerOf("first"), makerOf("other")];

describe("a hub's makers", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig({ kind: "home" });
  });
  afterEach(() => rig.end());

  function claim(handheld: Handheld): number {
    rig.handhelds.push(handheld);
    const claim = rig.store.claim(handheld.code);
    rig.hello(handheld, true);
    return claim;
  }
  const ended = (claim: number) => {
    const { state, code, maker } = rig.store.claimState(claim)!;
    return [state, code, maker?.first];
  };
  const states = () => rig.store.reader.makers.list().map(({ key, state }) => [Buffer.from(key), state]);

  it("have a fingerprint of 128 bits of the SHA-256 of the key, in groups", () => {
    const hex = createHash("sha256").update(first.publicKey).digest("hex");
    assert.equal(fingerprintOf(first.publicKey).replaceAll(" ", ""), hex.slice(0, 32));
    assert.match(fingerprintOf(first.publicKey), /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  });

  it("begin with the one of the first handheld, which the claim tells, and whose next ones are taken unasked", () => {
    const made = first.handheld(1);
    const begun = claim(made);
    assert.deepEqual(rig.store.claimState(begun), {
      ...{ state: "claimed", device: made.hex, code: undefined },
      maker: { fingerprint: fingerprintOf(first.publicKey), first: true },
    });
    assert.deepEqual(states(), [[Buffer.from(first.publicKey), "pinned"]]);
    assert.ok(rig.logged.some(({ text }) => text.includes(fingerprintOf(first.publicKey))));
    assert.deepEqual(ended(claim(first.handheld(2))), ["claimed", undefined, false]);
    const [device] = rig.store.reader.devices();
    assert.deepEqual([device.class, device.maker], ["locked", fingerprintOf(first.publicKey)]);
    rig.deliver(made, made.record(1));
    assert.ok(rig.verify().ok);
  });

  it("take a developer's unit, and say what it is", () => {
    claim(first.handheld(1, DeviceClass.dev));
    assert.equal(rig.store.reader.devices()[0].class, "dev");
  });

  it("gain another only by its owner's word; what answered its claim is then taken without its button", () => {
    claim(first.handheld(1));
    const stranger = other.handheld(2);
    const met = claim(stranger);
    assert.deepEqual(ended(met), ["refused", "other-maker", false]);
    assert.equal(rig.store.claimState(met)!.maker!.fingerprint, fingerprintOf(other.publicKey));
    assert.equal(rig.store.reader.makers.isPinned(other.publicKey), false);
    rig.hello(stranger);
    assert.deepEqual(ended(met), ["refused", "other-maker", false]);
    assert.equal(rig.store.reader.devices().length, 1);
    assert.ok(rig.refused()["other-maker"] >= 1);
    rig.reopen({ kind: "home" });
    pinMakerBeside(rig.dataDir, other.publicKey);
    rig.hello(stranger);
    assert.deepEqual(ended(met), ["claimed", undefined, true]);
    rig.deliver(stranger, stranger.record(1));
    assert.ok(rig.verify().ok);
  });

  it("gain one by a word about the claim that met it, as the page gives it", () => {
    claim(first.handheld(1));
    const met = claim(other.handheld(2));
    assert.throws(() => rig.store.believeMaker(met + 1), { code: "STORE_MAKERS" });
    rig.store.believeMaker(met);
    rig.hello(rig.handhelds[1]);
    assert.deepEqual(ended(met), ["claimed", undefined, true]);
  });

  it("are not trusted by a claim where the line of a maker's paper came first", () => {
    pinMakerBeside(rig.dataDir, first.publicKey, "Acme");
    assert.deepEqual(ended(claim(other.handheld(2))), ["refused", "other-maker", false]);
    assert.deepEqual(ended(claim(first.handheld(1))), ["claimed", undefined, false]);
    assert.equal(rig.store.reader.makers.list().find(({ label }) => label)!.label, "Acme");
  });

  it("that are forgotten keep what was claimed, gain nothing new, and leave the next one to its owner's word", () => {
    const made = first.handheld(1);
    claim(made);
    forgetMakerBeside(rig.dataDir, first.publicKey);
    assert.deepEqual(ended(claim(first.handheld(2))), ["refused", "other-maker", false]);
    assert.deepEqual(ended(claim(other.handheld(3))), ["refused", "other-maker", false]);
    rig.deliver(made, made.record(1));
    assert.ok(rig.verify().ok);
  });

  it("never certify what is another's: its handheld's id, a simulated unit, an adopted file, the simulation maker's", () => {
    claim(first.handheld(1));
    pinMakerBeside(rig.dataDir, other.publicKey);
    assert.deepEqual(ended(claim(other.handheld(1)))[1], "certificate");
    assert.deepEqual(ended(claim(other.handheld(2, DeviceClass.simulated)))[1], "simulated-refused");
    assert.deepEqual(ended(claim(other.handheld(3, DeviceClass.adopted)))[1], "certificate");
    assert.throws(() => pinMakerBeside(rig.dataDir, SIMULATION_MAKER), { code: "STORE_MAKERS" });
    assert.equal(rig.store.reader.makers.isPinned(SIMULATION_MAKER), false);
  });

  it("pin nobody by a certificate that was altered, nor by a simulated one", () => {
    const altered = first.handheld(1);
    altered.certificate[altered.certificate.length - 1] ^= 1;
    assert.equal(ended(claim(altered))[1], "certificate");
    assert.equal(ended(claim(new Handheld(2)))[1], "simulated-refused");
    assert.deepEqual(states(), []);
  });

  it("bring no real handheld where demos are, and pin nobody there by trying", () => {
    rig.end();
    rig = new Rig({ kind: "demo" });
    assert.equal(ended(claim(first.handheld(1)))[1], "real-refused");
    assert.deepEqual(states(), []);
    assert.equal(rig.store.reader.makers.isPinned(SIMULATION_MAKER), true);
  });

  it("stand in verification: a row that was edited or deleted is told, and pins nobody", () => {
    claim(first.handheld(1));
    claim(other.handheld(2));
    rig.sql("UPDATE makers SET state = 'pinned' WHERE state = 'met'");
    assert.equal(rig.store.reader.makers.isPinned(other.publicKey), false);
    assert.deepEqual(rig.verify().problems, [
      `the row of maker ${fingerprintOf(other.publicKey)} was altered`,
    ]);
    rig.sql("DELETE FROM makers");
    assert.ok(rig.verify().problems.includes("2 makers were met, 0 are here"));
    assert.deepEqual(ended(claim(other.handheld(3))), ["refused", "other-maker", false]);
  });

  it("decide whose papers are kept: after the claim, and never over another maker's", () => {
    const made = first.signing(1);
    assert.throws(() => importPapersBeside(rig.dataDir, made.dossier!), { code: "STORE_CERTIFICATE" });
    claim(made);
    rig.deliver(made, made.record(1));
    const [{ id }] = rig.store.reader.recordings();
    assert.equal(rig.store.reader.log.signature(id), "unchecked");
    importPapersBeside(rig.dataDir, made.dossier!);
    assert.equal(rig.store.reader.log.signature(id), "signed");
    pinMakerBeside(rig.dataDir, other.publicKey);
    assert.throws(() => importPapersBeside(rig.dataDir, other.signing(1).dossier!), {
      code: "STORE_CERTIFICATE",
      message: /of another maker/,
    });
    assert.ok(rig.verify().ok);
  });
});
