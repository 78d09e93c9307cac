import assert from "node:assert/strict";
import { ed25519Verify, nodeCrypto } from "../../../../gateway/crypto";
import type { Evidence } from "../../../../gateway/store/log/evidence";
import { CloseReason, DropReason, decodeClose } from "../../../../protocol/bodies";
import { toHex } from "../../../../protocol/bytes";
import { decodeCertificate } from "../../../../protocol/certificate";
import { keyCommitment } from "../../../../protocol/chain";
import { decodeOrigin } from "../../../../protocol/leaves";
import { assembleLms, decodeLmsPublicKey, verifyLms } from "../../../../protocol/lms";
import { decodeManifest, personCommitment } from "../../../../protocol/manifest";
import { inclusionRoot, isConsistent, leafHash } from "../../../../protocol/merkle";
import { cosignedAt, decodeCheckpoint, decodeNote, isSigned } from "../../../../protocol/note";
import { decodeSignature } from "../../../../protocol/signature";
import { type Handheld, type Made, signingHandheld } from "../handheld";
import { Rig, START } from "../rig";

const { sha256 } = nodeCrypto;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("the store's log", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.own(signingHandheld(1));
  });
  afterEach(() => rig.end());

  const idOf = (made: Made) => `${handheld.hex}-${handheld.epoch}-${made.number}`;
  const log = () => rig.store.reader.log;
  const size = () => log().newest()?.size ?? 0;
  const manifestOf = (made: Made) => decodeManifest(log().place(idOf(made))!.leaf);
  const verified = () => {
    const report = rig.verify();
    assert.deepEqual([report.problems, report.recordings.flatMap((one) => one.problems)], [[], []]);
    assert.ok(report.ok);
    return report;
  };

  it("states of a closed recording what its handheld knows of it", () => {
    const made = handheld.record(6);
    rig.deliver(handheld, made);
    assert.equal(size(), 1);
    const manifest = manifestOf(made);
    assert.deepEqual(
      { ...manifest, received: undefined },
      {
        device: handheld.id,
        epoch: 1,
        recording: 1,
        deviceClass: 3,
        certificate: Uint8Array.from(sha256(handheld.certificate)),
        part: false,
        from: 0,
        to: 7,
        chain: Uint8Array.from(made.chains[6]),
        key: Uint8Array.from(keyCommitment(nodeCrypto, made.key)),
        rate: { num: 256, den: 1 },
        leads: [{ name: "I", samples: 48 }],
        samples: 48,
        gaps: [],
        drops: [],
        start: 1_700_000_000_000,
        trust: 2,
        received: undefined,
        state: "closed",
        close: made.close,
        signature: manifest.signature,
        person: null,
      },
    );
    assert.deepEqual(manifest.chain, decodeClose(manifest.close!).chain);
    assert.equal(decodeSignature(manifest.signature!).leaf, 0);
    assert.ok(manifest.received.first >= START && manifest.received.last >= manifest.received.first);
    verified();
  });

  it("brings the handheld its newest checkpoint with the receipt of the very frame that made the leaf", () => {
    const made = handheld.record(2);
    rig.deliver(handheld, made);
    const receipt = handheld.newestReceipt(1)!;
    assert.equal(receipt.checkpointSize, 1);
    const { root, note } = log().newest()!;
    assert.equal(toHex(receipt.checkpointRoot), toHex(root));
    assert.deepEqual(rig.store.checkpoint, note);
  });

  it("signs each checkpoint in the form of the field, and says when by the hub's clock", () => {
    rig.deliver(handheld, handheld.record(2));
    const note = decodeNote(log().checkpoint()!);
    const { origin, size } = decodeCheckpoint(note.text);
    assert.match(origin, /^avnode\.hub\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    assert.equal(size, 1);
    assert.equal(text(log().checkpoint()!).split("\n").length, 7);
    const key = log().key();
    assert.equal(key.name, origin);
    assert.ok(isSigned(sha256, ed25519Verify, note, key));
    const seconds = cosignedAt(sha256, ed25519Verify, note, key)!;
    assert.ok(seconds >= START / 1000 && seconds <= Date.now() / 1000);
  });

  it("waits a minute for the signature of a handheld that signs, and no longer", () => {
    const made = handheld.begin();
    handheld.data(made);
    handheld.close(made);
    rig.deliver(handheld, made);
    rig.time.tick(58_000);
    assert.equal(size(), 0);
    rig.time.tick(3_000);
    assert.equal(size(), 1);
    assert.equal(manifestOf(made).signature, null);
    assert.ok(verified().recordings[0].notes.some((note) => note.startsWith("sealed only")));
    // It came late: a new leaf says so, the old one stays.
    rig.send(handheld, handheld.sign(made));
    rig.time.tick(50);
    assert.equal(size(), 2);
    assert.notEqual(manifestOf(made).signature, null);
    assert.deepEqual(verified().recordings[0].notes, ["simulated", "signed"]);
  });

  it("does not wait with a handheld that cannot sign, nor when the store closes", () => {
    const plain = rig.claimed(2);
    const made = plain.record(1);
    rig.deliver(plain, made);
    assert.equal(size(), 1);
    const own = handheld.begin();
    handheld.close(own);
    rig.deliver(handheld, own);
    assert.equal(size(), 1);
    rig.reopen();
    assert.equal(size(), 2);
    verified();
  });

  it("logs nothing of a recording that lacks a frame, until that is here", () => {
    const made = handheld.record(6);
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, i) => i).filter((i) => i !== 3),
    );
    rig.time.tick(120_000);
    assert.equal(size(), 0);
    rig.deliver(handheld, made, [3]);
    assert.equal(size(), 1);
    assert.deepEqual(manifestOf(made).chain, Uint8Array.from(made.chains[6]));
    verified();
  });

  for (const [name, order] of [
    ["backwards", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    ["from the middle", [5, 6, 2, 9, 0, 1, 8, 3, 4, 7]],
  ] as const) {
    it(`states the same of frames that came ${name}`, () => {
      const made = handheld.record(7);
      rig.deliver(handheld, made, [...order]);
      assert.deepEqual(manifestOf(made).chain, Uint8Array.from(made.chains[7]));
      assert.equal(manifestOf(made).samples, 56);
      verified();
    });
  }

  it("states a recording truncated once the next one's open frame says that there was no more", () => {
    const made = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(made);
    rig.deliver(handheld, made);
    const next = handheld.begin();
    rig.deliver(handheld, next);
    const manifest = manifestOf(made);
    assert.deepEqual(
      [manifest.state, manifest.to, manifest.samples, manifest.close],
      ["truncated", 4, 24, null],
    );
    assert.deepEqual(manifest.chain, Uint8Array.from(made.chains[3]));
    verified();
  });

  it("does not state a recording truncated whose end the next one knows of and that is still to come", () => {
    const made = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(made);
    rig.deliver(handheld, made, [0, 1, 2]);
    rig.deliver(handheld, handheld.begin());
    assert.equal(log().place(idOf(made)), undefined);
    rig.deliver(handheld, made, [3]);
    assert.equal(manifestOf(made).to, 4);
  });

  it("states a recording truncated that another ownership ended", () => {
    const made = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(made);
    rig.deliver(handheld, made, [0, 1, 3]);
    rig.store.claim(handheld.code);
    rig.hello(handheld, true);
    assert.equal(handheld.epoch, 2);
    rig.time.tick(3_600_000);
    const manifest = decodeManifest(log().place(`${handheld.hex}-1-1`)!.leaf);
    assert.deepEqual([manifest.state, manifest.to, manifest.samples], ["truncated", 2, 8]);
    assert.deepEqual(manifest.chain, Uint8Array.from(made.chains[1]));
  });

  it("gives a running recording a leaf for every hour, each of all so far, and one when it falls silent", () => {
    // A sample each 100 s: five blocks are more than an hour.
    const made = handheld.begin({ rateNum: 1, rateDen: 100 });
    for (let i = 0; i < 4; i++) handheld.data(made);
    rig.deliver(handheld, made);
    assert.equal(size(), 0);
    rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    assert.equal(size(), 1);
    const first = manifestOf(made);
    assert.deepEqual(
      [first.part, first.state, first.from, first.to, first.samples],
      [true, "open", 0, 6, 40],
    );
    for (let i = 0; i < 5; i++) rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    assert.deepEqual([size(), manifestOf(made).to], [2, 11]);
    rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    assert.equal(size(), 2);
    rig.time.tick(3_602_000);
    assert.deepEqual([size(), manifestOf(made).to], [3, 12]);
    assert.deepEqual(manifestOf(made).chain, Uint8Array.from(made.chains[11]));
    rig.time.tick(7_200_000);
    assert.equal(size(), 3);
    verified();
  });

  it("reads each frame of a long recording but once for the log, also after a restart in its midst", () => {
    const made = handheld.begin({ rateNum: 1, rateDen: 100 });
    const opened: number[] = [];
    const spy = () => {
      const manifests = rig.store["storeLog"]["manifests"];
      const advance = manifests.advance.bind(manifests);
      manifests.advance = (recording, walk, reach) => {
        opened.push(reach - walk.frames);
        advance(recording, walk, reach);
      };
    };
    spy();
    rig.send(handheld, made.frames[0]);
    for (let i = 0; i < 12; i++) rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    for (let i = 0; i < 2; i++) rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    assert.deepEqual(new Set(opened), new Set([0]));
    assert.equal(manifestOf(made).to, 13);
    rig.reopen();
    spy();
    rig.hello(handheld);
    rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    handheld.close(made);
    handheld.sign(made);
    rig.deliver(handheld, made, [16, 17]);
    // The leaf said what was there below frame 13: the two that came behind it before the restart are read again.
    assert.equal(
      opened.reduce((sum, one) => sum + one, 0),
      2,
    );
    assert.deepEqual(manifestOf(made).chain, Uint8Array.from(made.chains[15]));
    verified();
  });

  it("states gaps with their reasons, and the stretches of frames that were declared lost", () => {
    const made = handheld.begin();
    for (let i = 0; i < 6; i++) handheld.data(made);
    const lost = { reason: DropReason.ringFull, recording: 1, from: 2, to: 3, firstSample: 8, samples: 16 };
    handheld.drop(made, { ...lost, chain: made.chains[3] });
    made.dropped += 16;
    handheld.drop(made, {
      reason: DropReason.frontEnd,
      recording: 1,
      from: 0,
      to: 0,
      firstSample: 48,
      samples: 5,
      chain: new Uint8Array(32),
    });
    made.samples += 5;
    made.dropped += 5;
    handheld.data(made);
    handheld.close(made);
    handheld.sign(made);
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, i) => i).filter((i) => i !== 2 && i !== 3),
    );
    const manifest = manifestOf(made);
    assert.deepEqual(manifest.gaps, [
      { first: 8, count: 16, reason: DropReason.ringFull },
      { first: 48, count: 5, reason: DropReason.frontEnd },
    ]);
    assert.deepEqual(manifest.drops, [
      { from: 2, to: 3, first: 8, samples: 16, chain: Uint8Array.from(made.chains[3]), later: false },
    ]);
    assert.deepEqual([manifest.samples, manifest.leads[0].samples], [61, 40]);
    verified();
    // One of them comes after all: what it filled is no gap any more.
    rig.deliver(handheld, made, [2]);
    assert.equal(size(), 2);
    assert.deepEqual(manifestOf(made).gaps[0], { first: 16, count: 8, reason: DropReason.ringFull });
    assert.deepEqual(manifestOf(made).chain, manifest.chain);
    verified();
  });

  it("states what a later recording declares lost of one, also of its open frame and its close", () => {
    const made = handheld.record(4);
    const chainAt = (frame: number) => made.chains[frame];
    rig.deliver(handheld, made, [3, 4]);
    const next = handheld.begin();
    const drop = { reason: DropReason.ringFull, recording: 1 };
    handheld.drop(next, { ...drop, from: 0, to: 2, firstSample: 0, samples: 16, chain: chainAt(2) });
    handheld.drop(next, { ...drop, from: 5, to: 6, firstSample: 32, samples: 0, chain: chainAt(6) });
    handheld.close(next, { reason: CloseReason.stopped });
    handheld.sign(next);
    rig.deliver(handheld, next);
    const manifest = manifestOf(made);
    assert.deepEqual(
      [manifest.state, manifest.to, manifest.rate, manifest.leads],
      ["truncated", 7, null, []],
    );
    assert.deepEqual(
      manifest.drops.map(({ from, to, later }) => [from, to, later]),
      [
        [0, 2, true],
        [5, 6, true],
      ],
    );
    assert.deepEqual(manifest.chain, Uint8Array.from(chainAt(6)));
    verified();
  });

  it("commits to whose recording it is without telling it", () => {
    const other = signingHandheld(3);
    rig.handhelds.push(other);
    rig.store.claim(other.code, { person: "Zoë Ünal", dossier: other.dossier });
    rig.hello(other, true);
    rig.deliver(other, other.record(1));
    rig.deliver(other, other.record(1));
    const [first, second] = [1, 2].map((number) => rig.store.reader.log.evidence(`${other.hex}-1-${number}`));
    const { person } = decodeManifest(first.leaf);
    assert.ok(!Buffer.from(first.leaf).includes("nal"));
    assert.equal(first.person!.name, "Zoë Ünal");
    const name = new TextEncoder().encode("Zoë Ünal");
    assert.deepEqual(person, Uint8Array.from(personCommitment(nodeCrypto, first.person!.salt, name)));
    assert.notDeepEqual(person, decodeManifest(second.leaf).person);
    verified();
  });

  /** All that whoever gets a proof can check without us. */
  function checkEvidence(evidence: Evidence): void {
    const note = decodeNote(evidence.note);
    const checkpoint = decodeCheckpoint(note.text);
    assert.equal(checkpoint.size, evidence.size);
    const { index, size, path, leaf, certificate, lmsPath, echo } = evidence;
    const root = inclusionRoot(sha256, leafHash(sha256, leaf), index, size, path);
    assert.equal(toHex(root), toHex(checkpoint.root));
    const trees = decodeCertificate(certificate).trees;
    const signedBy = (message: Uint8Array, body: Uint8Array, nodes: Uint8Array[]) => {
      const { tree, leaf: q, ots } = decodeSignature(body);
      const { lmsType } = decodeLmsPublicKey(trees[tree]);
      return verifyLms(sha256, trees[tree], message, assembleLms(q, ots, lmsType, Buffer.concat(nodes)));
    };
    const manifest = decodeManifest(leaf);
    const close = rigClose(manifest.epoch, manifest.recording, manifest.close!);
    assert.ok(signedBy(close, manifest.signature!, lmsPath!));
    if (!echo) return;
    assert.ok(signedBy(echo.close, echo.signature, echo.lmsPath!));
    const seen = decodeClose(echo.close.subarray(-135));
    assert.deepEqual([seen.checkpointSize, toHex(seen.checkpointRoot)], [echo.size, toHex(echo.root)]);
    assert.ok(isConsistent(sha256, size, checkpoint.root, echo.size, echo.root, echo.consistency));
  }

  /** The close as signed, put together from DESIGN's list of its fields. */
  function rigClose(epoch: number, recording: number, body: Uint8Array): Uint8Array {
    const place = Buffer.alloc(6);
    place.writeUInt16BE(epoch, 0);
    place.writeUInt32BE(recording, 2);
    return Buffer.concat([Buffer.from("avnode/close/v1\0"), handheld.id, place, body]);
  }

  it("hands out evidence that holds without the store, and the latest close that saw the log grow", () => {
    const made = Array.from({ length: 5 }, () => {
      const one = handheld.record(3);
      rig.deliver(handheld, one);
      return one;
    });
    for (const [index, one] of made.entries()) {
      const evidence = log().evidence(idOf(one));
      assert.deepEqual([evidence.index, evidence.size], [index, index + 1]);
      assert.deepEqual(evidence.frames.map(toHex), one.frames.map(toHex));
      assert.equal(toHex(evidence.key), toHex(one.key));
      checkEvidence(evidence);
      // The last close saw four leaves; nothing saw the fifth.
      assert.equal(evidence.echo?.size, index < 4 ? 4 : undefined);
    }
  });

  it("hands out evidence of what a running recording has so far, and none before it has a leaf", () => {
    const made = handheld.begin({ rateNum: 1, rateDen: 100 });
    rig.deliver(handheld, made);
    assert.throws(() => log().evidence(idOf(made)), { code: "STORE_NOT_LOGGED", message: /first hour/ });
    for (let i = 0; i < 6; i++) rig.send(handheld, handheld.data(made));
    rig.time.tick(50);
    handheld.data(made);
    rig.deliver(handheld, made, [7]);
    const evidence = log().evidence(idOf(made));
    assert.equal(evidence.frames.length, decodeManifest(evidence.leaf).to);
  });

  it("knows the path of a signature once its public table came, with the claim or later", () => {
    const other = signingHandheld(4);
    rig.own(other, undefined as never);
    const late = rig.handhelds.at(-1)!;
    rig.deliver(late, late.record(1));
    const id = `${late.hex}-1-1`;
    rig.sql("DELETE FROM tables WHERE device = ?", Buffer.from(late.id));
    assert.equal(log().evidence(id).lmsPath, undefined);
    assert.equal(log().signature(id), "unchecked");
    rig.store.addDossier(late.dossier!);
    assert.equal(log().evidence(id).lmsPath!.length, 5);
    assert.equal(log().signature(id), "signed");
  });

  it("goes on in a new log after a restore, whose first leaf is where the old one ended", () => {
    const before = handheld.record(2);
    rig.deliver(handheld, before);
    rig.deliver(handheld, handheld.record(2));
    const old = log().newest()!;
    rig.store.close();
    const { keyring } = rig.store as unknown as {
      keyring: import("../../../../gateway/store/keyring").Keyring;
    };
    keyring.amend(rig.dataDir, { generation: Buffer.alloc(8, 7) });
    rig.open();
    rig.hello(handheld);
    const logs = log().logs();
    assert.deepEqual(
      logs.map(({ id, size }) => [id, size]),
      [
        [1, 2],
        [2, 1],
      ],
    );
    assert.ok(logs[1].origin.endsWith("0707070707070707"));
    const origin = decodeOrigin(log().leaf(2, 0)!);
    assert.deepEqual(Buffer.from(origin.checkpoint), Buffer.from(old.note));
    const after = handheld.record(2);
    rig.deliver(handheld, after);
    assert.equal(log().place(idOf(after))!.log, 2);
    checkEvidence(log().evidence(idOf(before)));
    checkEvidence(log().evidence(idOf(after)));
    rig.deliver(handheld, handheld.record(2));
    assert.equal(decodeClose(manifestOf(handheld.recordings.at(-1)!).close!).checkpointSize, 2);
    verified();
  });
});
