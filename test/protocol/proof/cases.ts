/** Proofs, good and bad, each with the verdict that every verifier must come to. */
import { nodeCrypto } from "../../../gateway/crypto";
import { DropReason, decodeClose, encodeData, encodeDrop } from "../../../protocol/bodies";
import { concat } from "../../../protocol/bytes";
import { encodeCbor } from "../../../protocol/cbor";
import { DeviceClass } from "../../../protocol/certificate";
import { chainNext, chainStart } from "../../../protocol/chain";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import { encodeManifest } from "../../../protocol/manifest";
import { decodeNote, encodeNote, encodeVerifierKey } from "../../../protocol/note";
import { encodeProof, type ProofFile } from "../../../protocol/proof/file";
import type { TrustedKey } from "../../../protocol/proof/trust";
import { encodeRevocations } from "../../../protocol/revocations";
import { sealFrame } from "../../../protocol/seal";
import { beats, Handheld, Hub, Maker, NOMINAL, type Part, type Recorded, SIMULATION, START } from "./notary";

export interface Case {
  name: string;
  proof: Uint8Array;
  verdict: string;
  code: string;
  /** Lines of a trust file. */
  trust: string[];
  revocations: Uint8Array[];
}

const { sha256 } = nodeCrypto;
const line = (kind: string, key: TrustedKey) =>
  `${kind} ${key.label.replaceAll(" ", "-")} ${encodeVerifierKey(sha256, key)}`;

/** The same, changed in one place. */
function changed(proof: ProofFile, change: (copy: ProofFile) => void): ProofFile {
  const copy: ProofFile = {
    ...proof,
    frames: [...proof.frames],
    log: { ...proof.log },
    echo: proof.echo && { ...proof.echo },
  };
  change(copy);
  return copy;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

const person = { name: "Ada Märchen", salt: sha256(Uint8Array.of(1)).slice(0, 16) };
const short = (seconds: number): Part[] => beats(seconds);

export function allCases(): Case[] {
  const maker = new Maker("maker.example");
  const stranger = new Maker("stranger.example");
  const hub = new Hub("hall");
  const other = new Hub("other-hub");
  const handheld = new Handheld("handheld", maker);
  const trust = [line("maker", maker.trusted), line("hub", hub.trusted)];
  const cases: Case[] = [];
  const add = (
    name: string,
    proof: ProofFile | Uint8Array,
    verdict: string,
    code: string,
    more: Partial<Case> = {},
  ) => {
    const bytes = proof instanceof Uint8Array ? proof : encodeProof(proof);
    cases.push({ name, proof: bytes, verdict, code, trust, revocations: [], ...more });
  };
  /** A recording in a log of its own, alone with some others. */
  const logged = (recorded: Recorded, at = new Hub("hall")): { hub: Hub; recorded: Recorded } => {
    at.fill(2);
    at.log(recorded);
    return { hub: at, recorded };
  };
  const prove = (by: Handheld, recorded: Recorded, open = true) => {
    const place = logged(recorded);
    return place.hub.prove(by, recorded, { open });
  };

  // The good one: named, seen by the handheld later.
  hub.fill(5);
  const recorded = handheld.record(short(3), { person });
  hub.log(recorded);
  hub.fill(2);
  handheld.checkpoint = hub.checkpoint();
  const later = handheld.record(short(1));
  const opened = hub.prove(handheld, recorded, { open: true, echo: later, person });
  const sealed = hub.prove(handheld, recorded, { echo: later });
  add("authentic", opened, "authentic", "PROOF_AUTHENTIC");
  add("authentic-sealed", sealed, "authentic", "PROOF_AUTHENTIC");
  add("authentic-hub-unknown", opened, "authentic", "PROOF_AUTHENTIC", {
    trust: [line("maker", maker.trusted)],
  });
  add("unpinned", opened, "unpinned", "PROOF_UNPINNED", { trust: [line("hub", hub.trusted)] });
  add("unpinned-nothing-trusted", opened, "unpinned", "PROOF_UNPINNED", { trust: [] });
  add("hub-of-a-trusted-name", opened, "tampered", "PROOF_HUB", {
    trust: [line("maker", maker.trusted), line("hub", { ...hub.trusted, publicKey: other.key.publicKey })],
  });
  add(
    "without-echo",
    changed(opened, (p) => {
      p.echo = null;
    }),
    "authentic",
    "PROOF_AUTHENTIC",
  );
  const witnessed = withWitness(opened, new Maker("witness.example"));
  const witness = line("witness", new Maker("witness.example").trusted);
  add("witnessed", witnessed, "authentic", "PROOF_AUTHENTIC", { trust: [...trust, witness] });
  add(
    "witness-altered",
    changed(witnessed, (p) => {
      p.log.signers = [...p.log.signers.slice(0, 2), stranger.key.publicKey];
    }),
    "tampered",
    "PROOF_CHECKPOINT_SIGNATURE",
    { trust: [...trust, witness] },
  );
  add(
    "witness-without-key",
    changed(witnessed, (p) => {
      p.log.signers = p.log.signers.slice(0, 2);
    }),
    "tampered",
    "PROOF_CHECKPOINT_SIGNATURE",
    { trust: [...trust, witness] },
  );

  // Revocation, before and after the hub's time.
  const list = (by: Maker, since: number) => [encodeRevocations(by.revocations(handheld.id, since))];
  add("revoked", opened, "revoked", "PROOF_REVOKED", { revocations: list(maker, START) });
  add("revoked-after-it-was-logged", opened, "authentic", "PROOF_AUTHENTIC", {
    revocations: list(maker, START + 86400),
  });
  add("revoked-after-by-no-trusted-clock", opened, "revoked", "PROOF_REVOKED", {
    revocations: list(maker, START + 86400),
    trust: [line("maker", maker.trusted)],
  });
  add("revoked-by-another-maker", opened, "authentic", "PROOF_AUTHENTIC", {
    revocations: list(stranger, START),
  });

  // Simulated units, and what the simulation maker may not do.
  const simulated = new Handheld("simulated", SIMULATION, DeviceClass.simulated);
  const played = prove(simulated, simulated.record(short(2)));
  add("simulated", played, "simulated", "PROOF_SIMULATED");
  add("simulated-pinned", played, "authentic", "PROOF_AUTHENTIC", {
    trust: [line("maker", SIMULATION.trusted)],
  });
  const pretender = new Handheld("pretender", SIMULATION, DeviceClass.locked);
  add(
    "simulation-maker-for-a-locked-unit",
    prove(pretender, pretender.record(short(1))),
    "tampered",
    "PROOF_MAKER_CLASS",
    {
      trust: [line("maker", SIMULATION.trusted)],
    },
  );
  const played2 = new Handheld("played", maker, DeviceClass.simulated);
  add("simulated-by-a-real-maker", prove(played2, played2.record(short(1))), "simulated", "PROOF_SIMULATED");

  // What the handheld did not sign, or did not end.
  const fresh = (name: string) => new Handheld(name, maker);
  const unsigned = fresh("unsigned");
  add(
    "sealed-only",
    prove(unsigned, unsigned.record(short(2), { sign: false })),
    "sealed-only",
    "PROOF_UNSIGNED",
  );
  const cut = fresh("cut");
  add("truncated", prove(cut, cut.record(short(2), { close: false })), "truncated", "PROOF_TRUNCATED");
  const running = fresh("running");
  const part = running.record(short(2), { close: false });
  Object.assign(part.manifest, { part: true, state: "open" });
  add("running", prove(running, part), "truncated", "PROOF_RUNNING");
  add(
    "path-taken-away",
    changed(opened, (p) => {
      p.path = null;
    }),
    "sealed-only",
    "PROOF_NO_PATH",
  );

  // Gaps.
  const gappy = fresh("gappy");
  const withGap: Part[] = [
    ...short(1),
    { frontEnd: 100 },
    { ring: short(2).map((one) => ("data" in one ? one.data : new Int32Array(1))) },
    ...short(1),
  ];
  const gap = logged(gappy.record(withGap));
  add(
    "gap-declared-by-the-handheld",
    gap.hub.prove(gappy, gap.recorded, { open: true }),
    "authentic",
    "PROOF_AUTHENTIC",
  );
  add("gap-sealed", gap.hub.prove(gappy, gap.recorded), "incomplete", "PROOF_GAP_HUB");
  const frontEnd = fresh("front end");
  const lost = logged(frontEnd.record([...short(1), { frontEnd: 77 }, ...short(1)]));
  add("front-end-gap-sealed", lost.hub.prove(frontEnd, lost.recorded), "authentic", "PROOF_AUTHENTIC");
  const hubGap = fresh("hub gap");
  const ring = short(2).map((one) => ("data" in one ? one.data : new Int32Array(1)));
  const byHub = logged(hubGap.record([...short(1), { ring, later: true }, ...short(1)]));
  add(
    "gap-declared-by-the-hub-only",
    byHub.hub.prove(hubGap, byHub.recorded, { open: true }),
    "incomplete",
    "PROOF_GAP_HUB",
  );
  const liar = fresh("liar");
  const lied = liar.record([...short(1), { ring, later: true }, ...short(1)]);
  lied.manifest.drops = lied.manifest.drops.map((drop) => ({ ...drop, later: false }));
  add("gap-that-the-hub-puts-on-the-handheld", prove(liar, lied), "incomplete", "PROOF_GAP_HUB");

  const untied = fresh("untied");
  add(
    "gap-that-ties-nothing-before-it",
    prove(untied, untied.record([...short(1), { ring, untied: true }, ...short(1)])),
    "incomplete",
    "PROOF_GAP_HUB",
  );

  // A hub has every recording's key. It writes an ECG of its own, and drop frames that lead back to the signed close.
  const forged1 = fresh("forged");
  const genuine = forged1.record(short(6));
  add("invented-in-front-of-a-drop", prove(forged1, invented(genuine)), "tampered", "PROOF_DROP");
  const forged2 = fresh("forged with a gap");
  const torn = forged2.record([...short(2), { ring }, ...short(1)]);
  add("invented-in-front-of-a-true-drop", prove(forged2, exchanged(torn, 1)), "tampered", "PROOF_CHAIN");

  // What the log says is held to the frames, once they are open.
  const says = (
    name: string,
    change: Partial<Recorded["manifest"]>,
    code: string,
    parts: Part[] = short(2),
  ) => {
    const by = fresh(name);
    const made = by.record(parts);
    add(name, prove(by, { ...made, manifest: { ...made.manifest, ...change } }), "tampered", code);
  };
  const twoGaps: Part[] = [...short(1), { frontEnd: 100 }, { ring: ring.slice(0, 1) }, ...short(1)];
  says("leads-otherwise", { leads: [{ name: "I", samples: 1 }] }, "PROOF_MANIFEST");
  says("gap-hidden-beside-a-drop", { gaps: [] }, "PROOF_MANIFEST", twoGaps);
  says("gap-moved", { gaps: [{ first: 5, count: 100, reason: 2 }] }, "PROOF_MANIFEST", [
    ...short(1),
    { frontEnd: 100 },
    ...short(1),
  ]);
  says("gap-of-nothing", { gaps: [{ first: 5, count: 0, reason: 1 }] }, "PROOF_MANIFEST");
  says("rate-of-nothing", { rate: { num: 0, den: 0 } }, "PROOF_MANIFEST");
  says("part-of-a-recording", { from: 1 }, "PROOF_PART");
  says("another-class", { deviceClass: DeviceClass.dev }, "PROOF_CLASS");
  says("another-certificate", { certificate: sha256(Uint8Array.of(9)) }, "PROOF_CERTIFICATE");
  says("more-lost-than-the-close-counts", { gaps: [{ first: 5, count: 9, reason: 1 }] }, "PROOF_COUNTS");
  says("samples-otherwise", { samples: 2 * NOMINAL + 1 }, "PROOF_CLOSE");
  says("drop-not-listed", { drops: [], to: 2 }, "PROOF_CLOSE", twoGaps);
  says("start-otherwise", { start: 1 }, "PROOF_MANIFEST");

  const doubter = fresh("certificate that nobody signed");
  doubter.certificate = flipped(doubter.certificate, doubter.certificate.length - 1);
  add(
    "certificate-that-its-maker-did-not-sign",
    prove(doubter, doubter.record(short(1))),
    "tampered",
    "PROOF_CERTIFICATE_SIGNATURE",
  );
  // Without a close nothing but the frames themselves speaks against the hub.
  const open = (
    name: string,
    make: (made: Recorded) => Uint8Array[],
    more: Partial<Recorded["manifest"]>,
  ) => {
    const by = fresh(name);
    const made = by.record(short(2), { close: false });
    const frames = make(made);
    let chain = chainStart(nodeCrypto, by.id, 1, made.number, made.key);
    for (const frame of frames) chain = chainNext(nodeCrypto, chain, frame);
    const to = frames.length;
    return prove(by, { ...made, frames, manifest: { ...made.manifest, to, chain, ...more } });
  };
  const twice = open(
    "samples twice",
    (made) => [...made.frames, sealFor(made, FrameType.data, 3, flatLine(5, 9))],
    {},
  );
  add("samples-twice", twice, "tampered", "PROOF_SAMPLES");
  const more = open("more samples", (made) => made.frames, { samples: NOMINAL });
  add("more-samples-than-the-log-counts", more, "tampered", "PROOF_COUNTS");
  const hole = open(
    "a hole",
    (made) => [...made.frames, sealFor(made, FrameType.data, 3, flatLine(3 * NOMINAL, NOMINAL))],
    { samples: 4 * NOMINAL, gaps: [{ first: 2 * NOMINAL, count: NOMINAL, reason: 1 }] },
  );
  add("samples-missing-that-nobody-declared", hole, "incomplete", "PROOF_GAP");
  const lostAndHere = open("lost and here", (made) => made.frames, {
    to: 4,
    drops: [{ from: 1, to: 3, first: 0, samples: 768, chain: sha256(Uint8Array.of(3)), later: true }],
  });
  add("frames-of-a-stretch-declared-lost", lostAndHere, "tampered", "PROOF_FRAME_LOST");
  add(
    "path-without-a-signature",
    changed(
      open("a path", (made) => made.frames, {}),
      (p) => {
        p.path = new Uint8Array(4);
      },
    ),
    "tampered",
    "PROOF_PATH",
  );
  const reader = fresh("unreadable");
  const bodies: [string, (p: ProofFile, made: Recorded) => void, string][] = [
    ["no-frame", (p) => p.frames.splice(1, 1, new Uint8Array(3)), "PROOF_FRAME_FORM"],
    [
      "open-frame-twice",
      (p, made) => p.frames.splice(1, 1, sealFor(made, FrameType.open, 1, new Uint8Array(9))),
      "PROOF_FRAME_TYPE",
    ],
    [
      "frame-behind-the-end",
      (p, made) => p.frames.push(sealFor(made, FrameType.data, 3, flatLine(512, 9))),
      "PROOF_FRAME_BEYOND",
    ],
    [
      "frame-that-holds-nothing",
      (p, made) => p.frames.splice(1, 1, sealFor(made, FrameType.data, 1, new Uint8Array(2))),
      "PROOF_FRAME_BODY",
    ],
  ];
  for (const [name, change, code] of bodies) {
    const made = reader.record(short(2));
    const proof = prove(reader, made);
    add(
      name,
      changed(proof, (p) => change(p, made)),
      "tampered",
      code,
    );
  }
  add(
    "checkpoint-of-nothing",
    changed(opened, (p) => {
      p.log.checkpoint = new Uint8Array(9);
    }),
    "tampered",
    "PROOF_CHECKPOINT",
  );

  // The seven.
  const stranger2 = new Handheld("another handheld", maker);
  const foreign = stranger2.record(short(3));
  for (const [way, proof] of [
    ["opened", opened],
    ["sealed", sealed],
  ] as const) {
    const frames = (order: (f: Uint8Array[]) => Uint8Array[]) =>
      changed(proof, (p) => {
        p.frames = order(p.frames);
      });
    add(
      `frame-dropped-${way}`,
      frames(([a, _b, c, d]) => [a!, c!, d!]),
      "incomplete",
      "PROOF_FRAME_MISSING",
    );
    add(
      `frame-duplicated-${way}`,
      frames(([a, b, c, d]) => [a!, b!, b!, c!, d!]),
      "tampered",
      "PROOF_FRAME_TWICE",
    );
    add(
      `frames-reordered-${way}`,
      frames(([a, b, c, d]) => [a!, c!, b!, d!]),
      "tampered",
      "PROOF_FRAME_ORDER",
    );
    add(
      `end-cut-${way}`,
      frames(([a, b]) => [a!, b!]),
      "incomplete",
      "PROOF_FRAMES_CUT",
    );
    add(
      `frame-replayed-${way}`,
      frames(([a, b, _c, d]) => [a!, b!, b!, d!]),
      "tampered",
      "PROOF_FRAME_REPLAYED",
    );
    add(
      `from-another-recording-${way}`,
      frames(([a, _b, c, d]) => [a!, later.frames[1]!, c!, d!]),
      "tampered",
      "PROOF_FRAME_RECORDING",
    );
    add(
      `from-another-device-${way}`,
      frames(([a, _b, c, d]) => [a!, foreign.frames[1]!, c!, d!]),
      "tampered",
      way === "opened" ? "PROOF_FRAME_KEY" : "PROOF_CHAIN",
    );
  }
  add("file-truncated", encodeProof(opened).slice(0, -9), "unknown", "PROOF_FILE_TRUNCATED");
  add("trailing-byte", concat([encodeProof(opened), new Uint8Array(1)]), "unknown", "CBOR_TRAILING");
  add("no-proof", encodeCbor({ type: "avnode/other", v: 1 }), "unknown", "PROOF_FIELD");
  add("empty", new Uint8Array(0), "unknown", "PROOF_FILE_TRUNCATED");

  // Everything else that can be put in another's place.
  add(
    "key-of-another-recording",
    changed(opened, (p) => {
      p.key = later.key;
    }),
    "tampered",
    "PROOF_KEY",
  );
  add(
    "certificate-of-another-device",
    changed(opened, (p) => {
      p.certificate = stranger2.certificate;
    }),
    "tampered",
    "PROOF_DEVICE",
  );
  add(
    "frame-altered",
    changed(opened, (p) => {
      p.frames[1] = flipped(p.frames[1]!, 40);
    }),
    "tampered",
    "PROOF_FRAME_KEY",
  );
  add(
    "frame-altered-sealed",
    changed(sealed, (p) => {
      p.frames[1] = flipped(p.frames[1]!, 40);
    }),
    "tampered",
    "PROOF_CHAIN",
  );
  add(
    "name-of-another",
    changed(opened, (p) => {
      p.person = { name: Uint8Array.of(66), salt: person.salt };
    }),
    "tampered",
    "PROOF_PERSON",
  );
  add(
    "inclusion-path-wrong",
    changed(opened, (p) => {
      p.log.path = [...p.log.path].reverse();
    }),
    "tampered",
    "PROOF_INCLUSION",
  );
  add(
    "index-wrong",
    changed(opened, (p) => {
      p.log.index = 4;
    }),
    "tampered",
    "PROOF_INCLUSION",
  );
  other.fill(6);
  add(
    "checkpoint-of-another-hub",
    changed(opened, (p) => {
      p.log.checkpoint = other.checkpoint().note;
      p.log.signers = [other.key.publicKey, other.key.publicKey];
    }),
    "tampered",
    "PROOF_INCLUSION",
  );
  add(
    "checkpoint-signed-by-another",
    changed(opened, (p) => {
      p.log.signers = [other.key.publicKey, other.key.publicKey];
    }),
    "tampered",
    "PROOF_CHECKPOINT_SIGNATURE",
  );
  add(
    "checkpoint-without-its-time",
    changed(opened, (p) => {
      const note = decodeNote(p.log.checkpoint);
      p.log.checkpoint = encodeNote({ text: note.text, signatures: note.signatures.slice(0, 1) });
      p.log.signers = p.log.signers.slice(0, 1);
    }),
    "tampered",
    "PROOF_CHECKPOINT_SIGNATURE",
  );
  const stripped = { ...recorded, manifest: { ...recorded.manifest, signature: null } };
  add(
    "signature-stripped",
    changed(opened, (p) => {
      p.manifest = encodeManifest(stripped.manifest);
      p.path = null;
    }),
    "tampered",
    "PROOF_INCLUSION",
  );
  const relogged = logged({ ...stripped });
  add(
    "signature-stripped-and-logged-anew",
    relogged.hub.prove(handheld, { ...relogged.recorded, lmsPath: null }, { open: true }),
    "sealed-only",
    "PROOF_UNSIGNED",
  );
  const shorter = {
    ...recorded,
    frames: recorded.frames.slice(0, 3),
    manifest: { ...recorded.manifest, to: 3 },
  };
  add("end-cut-and-logged-anew", prove(handheld, shorter), "tampered", "PROOF_CLOSE");
  const swapped = changed(opened, (p) => {
    p.path = flipped(p.path!, 3);
  });
  add("signature-path-wrong", swapped, "tampered", "PROOF_SIGNATURE");
  add(
    "signature-of-another-close",
    prove(handheld, { ...recorded, manifest: { ...recorded.manifest, signature: later.manifest.signature } }),
    "tampered",
    "PROOF_SIGNATURE",
  );
  add(
    "echo-of-another-log",
    changed(opened, (p) => {
      p.echo = { ...p.echo!, consistency: [...p.echo!.consistency].reverse() };
    }),
    "tampered",
    "PROOF_ECHO_LOG",
  );
  add(
    "echo-not-signed",
    changed(opened, (p) => {
      p.echo = { ...p.echo!, signature: recorded.manifest.signature! };
    }),
    "tampered",
    "PROOF_ECHO_SIGNATURE",
  );
  add(
    "echo-of-another-device",
    changed(opened, (p) => {
      p.echo = { ...p.echo!, close: foreign.signed! };
    }),
    "tampered",
    "PROOF_ECHO",
  );
  add(
    "echo-of-the-recording-itself",
    changed(opened, (p) => {
      p.echo = { ...p.echo!, close: recorded.signed! };
    }),
    "tampered",
    "PROOF_ECHO",
  );

  // Rewritten by a hub that has the log's key: the handheld saw another.
  const rewriter = new Hub("hall");
  rewriter.fill(4);
  rewriter.log({ ...recorded });
  const rewritten = { ...recorded, index: 4 };
  rewriter.fill(3);
  const forged = rewriter.prove(handheld, rewritten, { open: true });
  add(
    "rewritten-log-against-the-echo",
    changed(forged, (p) => {
      p.echo = { ...opened.echo!, consistency: opened.echo!.consistency };
    }),
    "tampered",
    "PROOF_ECHO_LOG",
  );
  return cases;
}

/** Sealed with the recording's key, as only the handheld should. */
function sealFor(recorded: Recorded, type: number, sequence: number, body: Uint8Array): Uint8Array {
  return sealFrame(nodeCrypto, recorded.key, { type, epoch: 1, recording: recorded.number, sequence }, body);
}

function flatLine(firstSample: number, length: number): Uint8Array {
  const shape = { leads: 1, bits: 18, nominal: NOMINAL };
  return encodeData({ firstSample, block: encodeBlock([new Int32Array(length)], shape) });
}

/** All samples flat, in fewer frames than there were; the rest is said to be lost, by a drop frame in front of it. */
function invented(recorded: Recorded): Recorded {
  const { frames, samples, chain } = decodeClose(recorded.manifest.close!);
  const lost = { from: 4, to: frames - 1, samples: 0, chain };
  const drop = { reason: DropReason.ringFull, recording: recorded.number, firstSample: samples, ...lost };
  const half = samples / 2;
  return {
    ...recorded,
    frames: [
      recorded.frames[0]!,
      sealFor(recorded, FrameType.data, 1, flatLine(0, half)),
      sealFor(recorded, FrameType.data, 2, flatLine(half, half)),
      sealFor(recorded, FrameType.drop, 3, encodeDrop({ ...drop, before: new Uint8Array(32) })),
    ],
    manifest: { ...recorded.manifest, drops: [{ ...lost, first: samples, later: false }] },
  };
}

/** One second flat, in front of a gap that the handheld declared. */
function exchanged(recorded: Recorded, sequence: number): Recorded {
  const flat = sealFor(recorded, FrameType.data, sequence, flatLine((sequence - 1) * NOMINAL, NOMINAL));
  return { ...recorded, frames: recorded.frames.map((frame, i) => (i === sequence ? flat : frame)) };
}

/** The checkpoint cosigned by one more. */
function withWitness(proof: ProofFile, by: Maker): ProofFile {
  return changed(proof, (p) => {
    p.log.checkpoint = by.cosign(p.log.checkpoint, START + 7000);
    p.log.signers = [...p.log.signers, by.key.publicKey];
  });
}
