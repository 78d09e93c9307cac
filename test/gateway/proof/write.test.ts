import assert from "node:assert/strict";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { writeProof } from "../../../gateway/proof/write";
import { CloseReason, DropReason } from "../../../protocol/bodies";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { decodeManifest, encodeManifest } from "../../../protocol/manifest";
import { decodeProof } from "../../../protocol/proof/file";
import type { Trust } from "../../../protocol/proof/trust";
import { type ProofReport, verifyProof } from "../../../protocol/proof/verify";
import { Handheld, type Made, signingHandheld } from "../store/handheld";
import { Rig } from "../store/rig";

const crypto = { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify };

describe("proofs from the store", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.own(signingHandheld(1));
  });
  afterEach(() => rig.end());

  function proof(made: Made, open = true, by = handheld): Uint8Array {
    const { log } = rig.store.reader;
    const evidence = log.evidence(`${by.hex}-${by.epoch}-${made.number}`);
    return writeProof(evidence, { open, hub: log.key(evidence.origin) });
  }

  function judge(bytes: Uint8Array): ProofReport {
    const { name, publicKey } = rig.store.reader.log.key();
    const trust: Trust = {
      makers: [{ label: "simulation", name: "simulation", publicKey: SIMULATION_MAKER }],
      hubs: [{ label: "hub", name, publicKey }],
      witnesses: [],
      revocations: [],
    };
    return verifyProof(crypto, bytes, trust);
  }

  const says = (made: Made, open = true, by = handheld) => {
    const { verdict, code } = judge(proof(made, open, by));
    return `${verdict} ${code}`;
  };

  it("of a signed recording are authentic, opened and sealed", () => {
    const made = handheld.record(6);
    rig.deliver(handheld, made);
    assert.equal(says(made), "authentic PROOF_AUTHENTIC");
    assert.equal(says(made, false), "authentic PROOF_AUTHENTIC");
    assert.equal(decodeProof(proof(made, false)).key, null);
    assert.equal(decodeProof(proof(made)).frames.length, 7);
  });

  it("carry what the handheld itself saw of the log, once a later close says so", () => {
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    const stateOf = () => judge(proof(made)).lines.find(({ name }) => name === "seen")!.state;
    assert.equal(stateOf(), "unknown");
    rig.hello(handheld);
    for (let i = 0; i < 2; i++) rig.deliver(handheld, handheld.record(2));
    assert.equal(stateOf(), "ok");
  });

  it("carry no close that was signed under another certificate: nobody could check it", () => {
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    rig.hello(handheld);
    for (let i = 0; i < 2; i++) rig.deliver(handheld, handheld.record(2));
    assert.notEqual(decodeProof(proof(made)).echo, null);
    const other = signingHandheld(2).certificate;
    const certificate = Uint8Array.from(nodeCrypto.sha256(other));
    rig.sql("INSERT INTO certificates VALUES (?, ?)", certificate, other);
    for (const index of [1, 2]) {
      const leaf = encodeManifest({ ...decodeManifest(rig.store.reader.log.leaf(1, index)!), certificate });
      rig.sql("UPDATE leaves SET leaf = ? WHERE idx = ?", leaf, index);
    }
    assert.equal(decodeProof(proof(made)).echo, null);
  });

  it("of a handheld that cannot sign say that the hub could have forged it", () => {
    const plain = rig.own(new Handheld(2));
    const made = plain.record(3);
    rig.deliver(plain, made);
    assert.equal(says(made, true, plain), "sealed-only PROOF_UNSIGNED");
  });

  it("of a recording that broke off say so", () => {
    const made = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(made);
    rig.deliver(handheld, made);
    rig.deliver(handheld, handheld.record(2));
    rig.time.tick(120_000);
    assert.equal(says(made), "truncated PROOF_TRUNCATED");
  });

  /** A signed recording whose frames 2 and 3 its handheld declared lost. */
  function withGap(): Made {
    const made = handheld.begin();
    for (let i = 0; i < 4; i++) handheld.data(made);
    handheld.drop(made, {
      reason: DropReason.ringFull,
      recording: made.number,
      from: 2,
      to: 3,
      firstSample: made.positions[2]!,
      samples: 16,
      chain: made.chains[3]!,
    });
    made.dropped += 16;
    handheld.data(made);
    handheld.close(made);
    handheld.sign(made);
    return made;
  }

  it("show gaps that the handheld declared, and believe them when they are open", () => {
    const made = withGap();
    rig.deliver(handheld, made, [0, 1, 4, 5, 6, 7, 8]);
    assert.equal(says(made), "authentic PROOF_AUTHENTIC");
    assert.equal(says(made, false), "incomplete PROOF_GAP_HUB");
  });

  it("leave out the frames of a lost stretch that the chain does not run through", () => {
    const made = withGap();
    // Frame 2 came all the same, without its receipt.
    rig.deliver(handheld, made, [0, 1, 2, 4, 5, 6, 7, 8]);
    assert.equal(decodeProof(proof(made)).frames.length, 5);
    assert.equal(says(made), "authentic PROOF_AUTHENTIC");
  });

  it("do not believe a gap that only a later recording declares", () => {
    const made = handheld.record(4);
    const chain = made.chains[2]!;
    const next = handheld.begin();
    const lost = {
      reason: DropReason.ringFull,
      recording: made.number,
      from: 1,
      to: 2,
      firstSample: 0,
      samples: 16,
      chain,
    };
    handheld.drop(next, lost);
    handheld.close(next, { reason: CloseReason.stopped });
    handheld.sign(next);
    rig.deliver(handheld, made, [0, 3, 4, 5, 6]);
    rig.deliver(handheld, next);
    rig.time.tick(120_000);
    assert.equal(says(made), "incomplete PROOF_GAP_HUB");
    assert.equal(says(next), "authentic PROOF_AUTHENTIC");
  });
});
