import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ed25519Signer, ed25519Signer, nodeCrypto } from "../../../../gateway/crypto";
import { writeProof } from "../../../../gateway/proof/write";
import { hubKey } from "../../../../gateway/store/log/hubkey";
import { DropReason, decodeClose, signedClose } from "../../../../protocol/bodies";
import { cut } from "../../../../protocol/bytes";
import { FrameType } from "../../../../protocol/header";
import { decodeCheckpoint, decodeNote, encodeNote, signCheckpoint } from "../../../../protocol/note";
import { decodeProof, encodeProof } from "../../../../protocol/proof/file";
import { type Handheld, type Made, signingHandheld } from "../handheld";
import { Rig } from "../rig";
import { Root } from "./root";

describe("a log that somebody with sqlite3 touched", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.own(signingHandheld(1));
    for (let i = 0; i < 5; i++) rig.deliver(handheld, handheld.record(2));
  });
  afterEach(() => rig.end());

  const wrong = () => {
    const report = rig.verify();
    return [...report.problems, ...report.recordings.flatMap(({ problems }) => problems)];
  };

  it("is whole before", () => assert.deepEqual(wrong(), []));

  const edits: [what: string, sql: string, problem: RegExp][] = [
    ["a leaf taken out", "DELETE FROM leaves WHERE idx = 2", /log 1 had 5 leaves, 4 are here/],
    ["the last leaf cut off", "DELETE FROM leaves WHERE idx = 4", /log 1 had 5 leaves, 4 are here/],
    [
      "a byte of a leaf",
      "UPDATE leaves SET leaf = substr(leaf, 1, 40) || x'00' || substr(leaf, 42) WHERE idx = 2",
      /hashes of log 1 are not those of its leaves/,
    ],
    [
      "a leaf given to another recording",
      "UPDATE leaves SET recording = 1 WHERE idx = 2",
      /leaf 2 of log 1 is about recording 3/,
    ],
    ["a node", "UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 0", /hashes of log 1/],
    ["a node added", "INSERT INTO nodes VALUES (1, 7, 0, zeroblob(32))", /hashes of log 1/],
    [
      "a checkpoint's root",
      "UPDATE checkpoints SET root = zeroblob(32) WHERE size = 3",
      /checkpoint of 3 leaves .* altered/,
    ],
    [
      "a checkpoint's time",
      "UPDATE checkpoints SET at = at - 86400000 WHERE size = 3",
      /checkpoint of 3 leaves .* altered/,
    ],
    [
      "a checkpoint of another size in its place",
      "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 2) WHERE size = 3",
      /checkpoint of 3 leaves .* altered/,
    ],
    [
      "a byte of a note",
      "UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT), 'A', 'B') AS BLOB) WHERE size = 3",
      /checkpoint of 3 leaves .* altered/,
    ],
    [
      "the newest checkpoint gone",
      "DELETE FROM checkpoints WHERE size = 5",
      /newest checkpoint of log 1 is gone/,
    ],
    [
      "where a recording's leaf stands",
      "UPDATE logged SET idx = 0 WHERE recording = 3",
      /its row of the log was altered/,
    ],
    ["that row gone", "DELETE FROM logged WHERE recording = 3", /does not name its newest leaf/],
    ["the log's size", "UPDATE logs SET size = 4", /row of log 1 was altered/],
    ["the log's name", "UPDATE logs SET origin = 'avnode.hub/0/0'", /row of log 1 was altered/],
    ["the log gone", "DELETE FROM logs", /1 logs were begun, 0 are here/],
    [
      "an invented log",
      "INSERT INTO logs VALUES (2, 'x', 0, 0, zeroblob(32))",
      /1 logs were begun, 2 are here/,
    ],
    ["a certificate that leaves name", "DELETE FROM certificates", /states another certificate/],
    [
      "a public table",
      "UPDATE tables SET leaves = zeroblob(768)",
      /public table 0 of handheld \w+ was altered/,
    ],
    [
      "an erasure that the log does not know",
      "INSERT INTO erased VALUES (2, 0, 'owner')",
      /erased without a leaf/,
    ],
    ["a key that is gone", "UPDATE recordings SET mk = x'' WHERE key = 2", /gone without an erasure/],
  ];
  for (const [what, sql, problem] of edits) {
    it(`shows ${what}`, () => {
      rig.sql(sql);
      assert.ok(
        wrong().some((one) => problem.test(one)),
        wrong().join("\n"),
      );
    });
  }

  for (const sql of [
    "DELETE FROM logs",
    "DELETE FROM checkpoints WHERE size = 5",
    "UPDATE logs SET size = 3",
    "DELETE FROM nodes",
  ]) {
    it(`goes on storing and receipting without appending to it, and heals nothing: ${sql}`, () => {
      rig.sql(sql);
      rig.reopen();
      rig.hello(handheld);
      rig.deliver(handheld, handheld.record(2));
      assert.equal(handheld.newestReceipt(6)?.next, 5);
      assert.ok(
        rig.logged.some(({ level, text }) => level === "error" && text.includes("cannot log a recording")),
      );
      rig.reopen();
      assert.ok(wrong().length > 0);
    });
  }
});

describe("root, with the hub's key as well", () => {
  let rig: Rig;
  let first: Handheld;
  let second: Handheld;
  beforeEach(() => {
    rig = new Rig();
    first = rig.own(signingHandheld(1));
    second = rig.own(signingHandheld(2));
  });
  afterEach(() => rig.end());

  const problems = (against?: Uint8Array) => {
    const report = rig.store.reader.verify(undefined, undefined, { against });
    return {
      ok: report.ok,
      texts: [...report.problems, ...report.missing, ...report.recordings.flatMap((one) => one.problems)],
    };
  };
  const keep = () => Uint8Array.from(rig.store.reader.log.checkpoint()!);
  /** A proof of that recording, as it was given away before root came. */
  const prove = (of: Handheld, { number }: Made) => {
    const evidence = rig.store.reader.log.evidence(`${of.hex}-1-${number}`);
    return writeProof(evidence, { open: false, hub: rig.store.reader.log.key(evidence.origin) });
  };
  const notes = (number: number, of: Handheld) => {
    const { id } = rig.store.reader.recording(`${of.hex}-1-${number}`);
    return rig.verify().recordings.find((one) => one.id === id)!.notes;
  };

  /** Records once more, with the receipts of its first frames before its last. */
  function witness(of: Handheld): void {
    const made = of.begin();
    rig.deliver(of, made);
    of.data(made);
    of.close(made);
    of.sign(made);
    rig.deliver(of, made, [1, 2, 3]);
  }

  /** Edits with the store closed; the store then logs what its log lacks. */
  function forge(edit: (root: Root) => void): void {
    rig.store.close();
    const root = new Root(rig.dataDir);
    edit(root);
    root.done();
    rig.open();
    // A close is logged without its signature once that has not come for a minute.
    rig.time.tick(62_000);
  }

  /** And forgets the log before that. */
  function forgeAnew(edit: (root: Root) => void): void {
    forge((root) => {
      edit(root);
      root.forgetLog();
    });
  }

  const keyOf = (of: Handheld, number: number) =>
    rig.store.reader.recordings().findIndex((one) => one.device === of.hex && one.recording === number) + 1;

  /** Other samples in the frames, chain and close to match: all but the signature, which only the handheld makes. */
  function rewrite(of: Handheld, made: Made): (root: Root) => void {
    const key = keyOf(of, made.number);
    return (root) => {
      // The keys are the hub's, so the frames can be sealed anew: the helper of the tests does it as a handheld would.
      const liar = Object.create(of, { signing: { value: undefined } }) as Handheld;
      const copy = {
        ...made,
        frames: made.frames.slice(0, 1),
        chains: made.chains.slice(0, 1),
        samples: 0,
        closed: false,
      };
      liar.data(copy, [1, 1, 1, 1, 1, 1, 1, 1]);
      liar.data(copy, [2, 2, 2, 2, 2, 2, 2, 2]);
      const { previousClose, checkpointSize, checkpointRoot } = decodeClose(made.close!);
      liar.close(copy, { previousClose, checkpointSize, checkpointRoot });
      root.replaceFrames(key, copy.frames);
      const length = copy.frames.length;
      const counts = { held: length, next: length, closed_at: length - 1, samples: copy.samples };
      root.update({ ...root.row(key), ...counts });
    };
  }

  function strip(of: Handheld, made: Made): (root: Root) => void {
    const key = keyOf(of, made.number);
    return (root) => {
      const row = root.row(key);
      root.db.prepare("DELETE FROM frames WHERE recording = ? AND type = ?").run(key, FrameType.signature);
      root.update({ ...row, held: row.held - 1, next: row.next - 1 });
    };
  }

  it("rewrites an old recording: the close that saw the log shows it, and a kept checkpoint", () => {
    const made = first.record(2);
    rig.deliver(first, made);
    const kept = keep();
    witness(second);
    forgeAnew(rewrite(first, made));
    const { ok, texts } = problems();
    assert.equal(ok, false);
    assert.ok(
      texts.some((text) => text.includes("its close saw a log of 1 leaves that is not this one")),
      texts.join("\n"),
    );
    assert.ok(
      problems(kept).texts.some((text) => text.includes("it was rewritten")),
      problems(kept).texts.join("\n"),
    );
    assert.ok(notes(1, first).some((note) => note.startsWith("sealed only")));
  });

  it("rewrites one whose handheld went on: the next close of it does not follow", () => {
    const made = first.record(2);
    rig.deliver(first, made);
    rig.deliver(first, first.record(2));
    forgeAnew(rewrite(first, made));
    const { texts } = problems();
    assert.ok(
      texts.some((text) => text.includes("does not follow the close of the recording before")),
      texts.join("\n"),
    );
  });

  it("leaves the signature with a close that it rewrote: it is not the handheld's", () => {
    const made = first.record(2);
    rig.deliver(first, made);
    const frames = made.frames.slice();
    const edit = rewrite(first, made);
    forgeAnew((root) => {
      edit(root);
      const key = 1;
      const row = root.row(key);
      root.db
        .prepare("INSERT INTO frames VALUES (?, ?, ?, ?)")
        .run(key, row.next, FrameType.signature, frames[4]);
      root.update({ ...row, held: row.held + 1, next: row.next + 1 });
    });
    assert.ok(
      problems().texts.includes("the signature of its close is not its handheld's"),
      problems().texts.join("\n"),
    );
  });

  it("cuts the tail: the close of another handheld that saw it shows it, and a kept checkpoint", () => {
    rig.deliver(first, first.record(1));
    rig.deliver(second, second.record(1));
    const kept = keep();
    witness(first);
    forgeAnew((root) => root.unmake(keyOfRow(root, second)));
    const { ok, texts } = problems();
    assert.equal(ok, false);
    assert.ok(
      texts.some((text) => text.includes("its close saw a log of 2 leaves that is not this one")),
      texts.join("\n"),
    );
    assert.ok(
      problems(kept).texts.some((text) => text.includes("it was rewritten")),
      problems(kept).texts.join("\n"),
    );
  });

  const keyOfRow = (root: Root, of: Handheld) =>
    root.db.prepare("SELECT key FROM recordings WHERE device = ?").pluck().get(Buffer.from(of.id)) as number;

  it("strips a signature: the next close that saw the log shows it, and a kept checkpoint", () => {
    const made = first.record(1);
    rig.deliver(first, made);
    const kept = keep();
    witness(second);
    forgeAnew(strip(first, made));
    const { ok, texts } = problems();
    assert.equal(ok, false);
    assert.ok(
      texts.some((text) => text.includes("its close saw a log of 1 leaves that is not this one")),
      texts.join("\n"),
    );
    assert.ok(problems(kept).texts.some((text) => text.includes("it was rewritten")));
  });

  it("cannot be seen where no later close saw the log and nobody kept a checkpoint, but for what is sealed only", () => {
    const made = first.record(1);
    rig.deliver(first, made);
    forgeAnew(rewrite(first, made));
    assert.deepEqual(problems(), { ok: true, texts: [] });
    assert.ok(notes(1, first).some((note) => note.startsWith("sealed only")));
  });

  it("cannot be seen to have cut the newest recording off, until its handheld is heard again", () => {
    rig.deliver(first, first.record(1));
    const cutOff = second.record(1);
    rig.deliver(second, cutOff);
    forgeAnew((root) => root.unmake(keyOfRow(root, second)));
    assert.deepEqual(problems(), { ok: true, texts: [] });
    rig.hello(second);
    rig.deliver(second, second.record(1));
    assert.ok(rig.refused(second)["wrong-tag"] > 0);
  });

  it("feigns a restore from an empty log to excuse a rewritten recording: the closes that saw the log show it", () => {
    const made = first.record(2);
    rig.deliver(first, made);
    witness(second);
    witness(second);
    const edit = rewrite(first, made);
    forge((root) => {
      edit(root);
      root.forgetLog();
      root.inventLog();
      root.renew(rig.dataDir);
    });
    const { ok, texts } = problems();
    assert.equal(ok, false);
    const rewritten = "its close saw a log of 1 leaves that is not this one: the log was rewritten or cut";
    assert.ok(texts.includes(rewritten), texts.join("\n"));
  });

  it("feigns one from the log as it was before the recording: what handhelds saw beyond that is missing", () => {
    rig.deliver(second, second.record(1));
    const made = first.record(2);
    rig.deliver(first, made);
    witness(second);
    const edit = rewrite(first, made);
    forge((root) => {
      edit(root);
      root.cutLog(1, 1);
      root.renew(rig.dataDir);
    });
    assert.equal(rig.store.reader.log.logs().length, 2);
    const report = rig.verify();
    assert.equal(report.ok, false);
    assert.deepEqual(report.missing, [
      `handheld ${second.hex} saw a log of 2 leaves, this store can show 1 since its restore on 2026-11-23: what was logged between is lost, or was taken away (an honest restore looks the same)`,
    ]);
  });

  it("cannot be told from an honest restore: what handhelds saw and nobody can show is missing, and a kept checkpoint says so too", () => {
    const made = [first.record(1)];
    rig.deliver(first, made[0]);
    rig.store.close();
    const copy = mkdtempSync(join(tmpdir(), "avnode-old-"));
    try {
      copyFileSync(join(rig.dataDir, "avnode.db"), join(copy, "avnode.db"));
      rig.open();
      rig.hello(first);
      rig.hello(second);
      rig.deliver(second, second.record(1));
      const kept = keep();
      witness(first);
      made.push(first.recordings.at(-1)!);
      rig.store.close();
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(rig.dataDir, `avnode.db${suffix}`), { force: true });
      copyFileSync(join(copy, "avnode.db"), join(rig.dataDir, "avnode.db"));
      const root = new Root(rig.dataDir);
      root.renew(rig.dataDir);
      root.done();
      rig.open();
      rig.hello(first);
      for (const one of made) rig.deliver(first, one);
      const report = rig.verify();
      assert.deepEqual([report.ok, report.problems, report.missing.length], [false, [], 1]);
      assert.ok(report.recordings.every(({ verdict }) => verdict === "authentic"));
      assert.ok(
        report.missing[0]!.startsWith(`handheld ${first.hex} saw a log of 2 leaves, this store can show 1 `),
      );
      assert.match(
        problems(kept).texts.join(),
        /of 2 leaves, its log has 1: the rest was lost when the store was restored, or was taken away/,
      );
      assert.deepEqual(problems(keep()).texts, report.missing);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it("has a checkpoint of another store, one that another key signed and what is none told apart", () => {
    rig.deliver(first, first.record(1));
    const kept = keep();
    const other = ed25519Signer(nodeCrypto.random(32));
    const own = hubKey(rig.store["keyring"]);
    const { origin, size, root } = decodeCheckpoint(decodeNote(kept).text);
    const sign = (name: string, { publicKey, sign }: Ed25519Signer) =>
      signCheckpoint(nodeCrypto.sha256, { origin: name, size, root }, { name, publicKey }, 0, sign);
    assert.match(problems(sign(origin, other)).texts.join(), /not signed by this hub's key/);
    assert.match(problems(sign("avnode.hub/other", own)).texts.join(), /of a log that is not here/);
    const text = Buffer.from(kept).toString("latin1");
    const forged = Buffer.from(text.replace("\n1\n", "\n2\n"), "latin1");
    assert.match(problems(forged).texts.join(), /not signed by this hub's key/);
    assert.match(problems(cut(kept, 0, 40)).texts.join(), /neither a checkpoint nor a proof/);
    assert.equal(problems(kept).ok, true);
  });

  /** Other samples, and a forged drop frame over what is left of the recording up to its signed close. */
  function exchange(made: Made, of: Handheld, before: "another chain" | "unknown"): void {
    const close = decodeClose(made.close!);
    const key = keyOf(of, made.number);
    forge((root) => {
      const copy = { ...made, ...beginning(made) };
      const liar = Object.create(of) as Handheld;
      liar.data(copy, new Array(close.samples).fill(-7));
      const last = close.frames - 1;
      const range = { from: last, to: last, firstSample: close.samples, samples: 0, chain: close.chain };
      // The chain that the drop frame ends is not known before it is sealed: the hub can only say another, or none.
      const stated = before === "unknown" ? new Uint8Array(32) : copy.chains[1]!;
      const body = { reason: DropReason.ringFull, recording: made.number, ...range };
      liar.drop(copy, { ...body, before: stated });
      root.replaceFrames(key, copy.frames);
      const insertion = root.db.prepare("INSERT INTO frames VALUES (?, ?, ?, ?)");
      for (const at of [close.frames, close.frames + 1])
        insertion.run(key, at, made.frames[at]![0] & 15, made.frames[at]!);
      const row = root.row(key);
      root.update({ ...row, held: row.held - 1 });
    });
  }

  for (const before of ["another chain", "unknown"] as const) {
    it(`cannot exchange what a signed close counts behind a drop frame of its own that says what came before it: ${before}`, () => {
      const made = first.record(3);
      rig.deliver(first, made);
      exchange(made, first, before);
      const [only] = rig.verify().recordings;
      assert.equal(only!.verdict, "altered", JSON.stringify(only));
      assert.ok(
        only!.problems.includes("the drop frame at frame 2 says that frame 3 is lost already"),
        only!.problems.join("\n"),
      );
    });
  }

  it("cannot exchange what stands before a gap that the handheld declared", () => {
    const made = first.begin();
    for (let i = 0; i < 4; i++) first.data(made);
    const gap = { from: 3, to: 4, firstSample: made.positions[3]!, samples: 16, chain: made.chains[4]! };
    first.drop(made, { reason: DropReason.ringFull, recording: made.number, ...gap });
    made.dropped += 16;
    first.close(made);
    first.sign(made);
    rig.deliver(first, made, [0, 1, 2, 5, 6, 7]);
    assert.deepEqual(problems(), { ok: true, texts: [] });
    const frame = (Object.create(first) as Handheld).data(
      { ...made, ...beginning(made) },
      new Array(8).fill(9),
    );
    forge((root) =>
      root.db.prepare("UPDATE frames SET frame = ? WHERE recording = 1 AND sequence = 1").run(frame),
    );
    const [only] = rig.verify().recordings;
    assert.equal(only!.verdict, "altered");
    assert.ok(only!.problems.includes("what came before the gap at frame 3 is not what its drop frame says"));
  });

  it("is told from a handheld whose ring no longer knew what came before a gap: that is sealed, and said", () => {
    const made = first.begin();
    for (let i = 0; i < 4; i++) first.data(made);
    const gap = { from: 3, to: 4, firstSample: made.positions[3]!, samples: 16, chain: made.chains[4]! };
    const before = new Uint8Array(32);
    first.drop(made, { reason: DropReason.ringFull, recording: made.number, ...gap, before });
    made.dropped += 16;
    first.close(made);
    first.sign(made);
    rig.deliver(first, made, [0, 1, 2, 5, 6, 7]);
    assert.deepEqual(problems(), { ok: true, texts: [] });
    assert.ok(
      notes(1, first).includes("frames before 3 are sealed, not tied to the close by its drop frame"),
    );
  });

  const beginning = (made: Made) => ({
    frames: made.frames.slice(0, 1),
    chains: made.chains.slice(0, 1),
    samples: 0,
  });

  const rewritten = /the log is not the one of the kept proof's checkpoint of \d leaves: it was rewritten/;

  it("rewrites what no later close saw: a proof made before shows it", () => {
    const made = first.record(2);
    rig.deliver(first, made);
    const proof = prove(first, made);
    forgeAnew(rewrite(first, made));
    assert.deepEqual(problems(), { ok: true, texts: [] });
    assert.match(problems(proof).texts.join(), rewritten);
  });

  it("cuts a tail that no later close saw: a proof made before of what is gone shows it, and one of what stood before that", () => {
    const early = first.record(1);
    rig.deliver(first, early);
    const before = prove(first, early);
    const made = second.record(1);
    rig.deliver(second, made);
    const proof = prove(second, made);
    forge((root) => {
      root.unmake(keyOfRow(root, second));
      root.cutLog(1, 1);
    });
    assert.deepEqual(problems(), { ok: true, texts: [] });
    const { ok, texts } = problems(proof);
    assert.equal(ok, false);
    assert.deepEqual(texts, ["the kept proof's checkpoint is of 2 leaves, its log has 1: the log was cut"]);
    assert.equal(problems(before).ok, true);
    rig.deliver(first, first.record(1));
    assert.match(problems(proof).texts.join(), rewritten);
  });

  it("strips a signature that no later close saw: a proof made before shows it", () => {
    const made = first.record(1);
    rig.deliver(first, made);
    const proof = prove(first, made);
    forgeAnew(strip(first, made));
    assert.deepEqual(problems(), { ok: true, texts: [] });
    assert.match(problems(proof).texts.join(), rewritten);
  });

  it("exchanges a leaf's bytes and leaves the tree: a proof shows it where only another recording is looked at", () => {
    const made = first.record(1);
    rig.deliver(first, made);
    rig.deliver(second, second.record(1));
    const proof = prove(first, made);
    rig.deliver(first, first.record(1));
    const { id } = rig.store.reader.recording(`${second.hex}-1-1`);
    const only = () => rig.store.reader.verify(id, undefined, { against: proof });
    assert.deepEqual(only().notes, [
      "the log of 3 leaves goes on from the kept proof's checkpoint of 1, and its leaf 0 is that of the proof",
    ]);
    rig.sql("UPDATE leaves SET leaf = (SELECT leaf FROM leaves WHERE idx = 2) WHERE idx = 0");
    assert.deepEqual(only().problems, ["leaf 0 of log 1 is not the one of the kept proof: it was altered"]);
  });

  it("has a proof of another hub, and one whose leaf was exchanged, told apart", () => {
    const made = first.record(1);
    rig.deliver(first, made);
    const proof = decodeProof(prove(first, made));
    const other = first.record(2);
    rig.deliver(first, other);
    const { manifest } = decodeProof(prove(first, other));
    assert.match(
      problems(encodeProof({ ...proof, manifest })).texts.join(),
      /neither a checkpoint nor a proof/,
    );
    const [text, signature] = [decodeNote(proof.log.checkpoint).text, decodeNote(keep()).signatures];
    const checkpoint = encodeNote({ text, signatures: signature });
    const forged = encodeProof({ ...proof, log: { ...proof.log, checkpoint } });
    assert.match(problems(forged).texts.join(), /kept proof's checkpoint is not signed by this hub's key/);
  });

  it("cannot put words in a handheld's mouth: a signature is over the close and its place", () => {
    const made = first.begin();
    first.close(made);
    const other = signedClose(first.id, first.epoch, made.number + 1, made.close!);
    first.sign(made, other);
    rig.deliver(first, made);
    assert.ok(problems().texts.includes("the signature of its close is not its handheld's"));
  });
});
