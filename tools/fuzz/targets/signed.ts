/** What makers and hubs sign: canonical CBOR and the maps written in it, notes and keys as text, the device's signature. */
import { crc32 } from "node:zlib";
import { nodeCrypto } from "../../../gateway/crypto";
import { fromBase64, toBase64 } from "../../../protocol/base64";
import { fromHex } from "../../../protocol/bytes";
import { type CborValue, decodeCbor, encodeCbor } from "../../../protocol/cbor";
import { encodeCertificate } from "../../../protocol/certificate";
import { checkDossier, decodeDossier, encodeDossier } from "../../../protocol/dossier";
import { assembleLms, decodeLmsPublicKey, lmsPath, verifyLms } from "../../../protocol/lms";
import {
  decodeCheckpoint,
  decodeNote,
  decodeVerifierKey,
  encodeNote,
  encodeVerifierKey,
  signCheckpoint,
} from "../../../protocol/note";
import { decodeReleaseFile, encodeReleaseFile, releaseOf } from "../../../protocol/releasefile";
import { decodeRevocations, encodeRevocations } from "../../../protocol/revocations";
import { publicTree, signWithLeaf } from "../../../protocol/trees";
import { mustBeSame, type Target } from "../target";
import { listedCodes, readVectors, seedsOf } from "./vectors";

const sha256 = (data: Uint8Array) => nodeCrypto.sha256(data);
const hash = (n: number) => new Uint8Array(32).fill(n);

const VALUES: CborValue[] = [
  0,
  23,
  24,
  255,
  256,
  65536,
  4294967296,
  9007199254740991,
  "text",
  true,
  null,
  [1, [2, [3, [4, [5, [6, [7]]]]]]],
  { a: 1, b: { c: new Uint8Array(30) }, aa: [null, false, ""] },
];

const DEEP_BYTES = 20_000;

const cbor: Target = {
  name: "cbor",
  // The last is deeper than a stack is high.
  seeds: () => [...VALUES.map(encodeCbor), ...seedsOf("certificate"), new Uint8Array(DEEP_BYTES).fill(0x81)],
  maxBytes: DEEP_BYTES,
  codes: listedCodes("CBOR"),
  run(bytes) {
    mustBeSame(encodeCbor(decodeCbor(bytes)), bytes);
    return true;
  },
};

const revocations: Target = {
  name: "revocations",
  seeds: () =>
    [0, 1, 3].map((count) =>
      encodeRevocations({
        maker: hash(1),
        number: count,
        issued: 1767225600,
        entries: new Array(count).fill({ device: hash(2).subarray(0, 8), since: 7, reason: "lost" }),
        signature: new Uint8Array(64).fill(3),
      }),
    ),
  codes: listedCodes("CBOR", "REVOCATIONS"),
  run(bytes) {
    mustBeSame(encodeRevocations(decodeRevocations(bytes)), bytes);
    return true;
  },
};

const releaseFile: Target = {
  name: "releaseFile",
  seeds: () => readVectors("release.json").releases.map((one: { file: string }) => fromHex(one.file)),
  codes: listedCodes("CBOR", "RELEASE", "RELEASE_FILE"),
  run(bytes) {
    const file = decodeReleaseFile(bytes);
    mustBeSame(encodeReleaseFile(file), bytes);
    releaseOf(sha256, crc32, file);
    return true;
  },
};

const hub = { name: "avnode.hub/5051/a0a1", publicKey: hash(9) };
const noteSeeds = [0, 1, 4096].map((size) =>
  signCheckpoint(sha256, { origin: hub.name, size, root: hash(size & 255) }, hub, 1767225600, () =>
    new Uint8Array(64).fill(5),
  ),
);

/** A signed note, and the checkpoint that it should be of. */
const note: Target = {
  name: "note",
  seeds: () => [...noteSeeds, Buffer.from("text\n\n\u2014 w\u00ebird AAAAAAA=\n\u2014 other AAAAAAA=\n")],
  words: ["\u2014 ", "\n\n", " ", "\n", "=", "+", "9007199254740991", "\u2014 name AAAAAAA=\n"],
  codes: /^(NOTE_(FORM|CHECKPOINT)|BASE64)$/,
  run(bytes) {
    const read = decodeNote(bytes);
    const lines =
      Buffer.from(bytes)
        .subarray(read.text.length + 1)
        .toString("latin1")
        .split("\n").length - 1;
    // Only lines of names that cannot be ours are left out.
    if (read.signatures.length === lines) mustBeSame(encodeNote(read), bytes);
    decodeCheckpoint(read.text);
    return true;
  },
};

const verifierKey: Target = {
  name: "verifierKey",
  seeds: () => [Buffer.from(encodeVerifierKey(sha256, hub)), Buffer.from("name+00000000+AQ==")],
  words: ["+", "=", "/"],
  maxBytes: 300,
  codes: /^NOTE_KEY$/,
  run(bytes) {
    const text = Buffer.from(bytes).toString("latin1");
    if (encodeVerifierKey(sha256, decodeVerifierKey(sha256, text)) !== text)
      throw new Error("has two spellings");
    return true;
  },
};

const base64: Target = {
  name: "base64",
  seeds: () => ["", "AA==", "AAA=", "AAAA", "+/+/", "AB==", "A==="].map((text) => Buffer.from(text)),
  maxBytes: 60,
  codes: /^BASE64$/,
  run(bytes) {
    const text = Buffer.from(bytes).toString("latin1");
    const read = fromBase64(text);
    if (toBase64(read) !== text) throw new Error(`${JSON.stringify(text)} is another spelling`);
    mustBeSame(read, Buffer.from(text, "base64"));
    return true;
  },
};

/** One byte with the length of an LMS public key, the key, an LMS signature of a fixed message. */
const lms: Target = {
  name: "lms",
  seeds: () => {
    const signing = { seed: hash(4), trees: 1, height: 5 };
    const { publicKey, leaves } = publicTree(nodeCrypto, signing, 0);
    const { lmsType, id } = decodeLmsPublicKey(publicKey);
    return [0, 17, 31].map((q) => {
      const { ots } = signWithLeaf(nodeCrypto, signing, q, MESSAGE);
      const path = lmsPath(sha256, lmsType, id, leaves, q);
      return Buffer.concat([Uint8Array.of(publicKey.length), publicKey, assembleLms(q, ots, lmsType, path)]);
    });
  },
  codes: listedCodes("LMS"),
  run(input) {
    const end = 1 + (input[0] ?? 0);
    const signature = input.slice(end);
    if (!verifyLms(sha256, input.slice(1, end), MESSAGE, signature)) return false;
    // Nobody but the seeds' signer can sign, and a changed signature is none.
    if (!lms.seeds().some((seed) => Buffer.compare(seed.subarray(end), signature) === 0))
      throw new Error("verifies a forged signature");
    return true;
  },
};

const dossier: Target = {
  name: "dossier",
  seeds: () => {
    const { publicKey, leaves } = publicTree(nodeCrypto, { seed: hash(4), trees: 1, height: 5 }, 0);
    const withTrees = (trees: Uint8Array[]) =>
      encodeCertificate({
        deviceClass: 3,
        device: hash(1).subarray(0, 8),
        board: "sim",
        firmware: hash(2),
        maker: hash(3),
        issued: 1767225600,
        trees,
        signature: new Uint8Array(64),
      });
    return [
      encodeDossier({ certificate: withTrees([publicKey]), leaves: [leaves] }),
      encodeDossier({ certificate: withTrees([publicKey]), leaves: [] }),
      encodeDossier({ certificate: withTrees([]), leaves: [] }),
    ];
  },
  codes: /^((CBOR|CERTIFICATE|LMS)_[A-Z]+|DOSSIER_(LENGTH|FIELD|TABLES|ROOT))$/,
  run(bytes) {
    const read = decodeDossier(bytes);
    mustBeSame(encodeDossier(read), bytes);
    checkDossier(sha256, read);
    return true;
  },
};

const MESSAGE = Buffer.from("a close");

export const signed: Target[] = [cbor, revocations, releaseFile, note, verifierKey, base64, lms, dossier];
