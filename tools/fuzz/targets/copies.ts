/** What a backup medium and a mirror say: the backup's own files, the mirror's URL, and the mirror's side of the stream. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { decodeRecoveryCode, encodeRecoveryCode } from "../../../gateway/backup/code";
import { infoPath, readInfo } from "../../../gateway/backup/info";
import { openSealed, sealedPath, sealKeys } from "../../../gateway/backup/sealed";
import { mirrorUrl, parseMirrorUrl } from "../../../gateway/mirror/invites";
import { serve } from "../../../gateway/mirror/serve";
import { Channel, type ToHub, type ToMirror } from "../../../gateway/mirror/wire";
import { makeDirectory, openToWrite } from "../../../gateway/store/directory";
import type { Target } from "../target";
import { scratch } from "./scratch";

const HEX8 = "50".repeat(8);
const INFO = {
  type: "avnode/backup",
  v: 1,
  storeId: HEX8,
  generation: HEX8,
  kind: "hub",
  at: 1767225600000,
  verifiedAt: null,
  fullyVerifiedAt: 1767225600000,
  recordings: 3,
  frames: 90,
};

const backupInfo: Target = {
  name: "backupInfo",
  seeds: () =>
    [
      INFO,
      { ...INFO, mirrorOf: "hub.home:7583" },
      { ...INFO, v: 2 },
      { type: "avnode/backup", v: 1 },
      null,
    ].map((value) => Buffer.from(JSON.stringify(value))),
  words: Object.keys(INFO).map((key) => `"${key}":`),
  maxBytes: 1000,
  codes: /^BACKUP_(INFO|KIND)$/,
  run(bytes) {
    const dir = scratch();
    writeFileSync(infoPath(dir), bytes);
    const info = readInfo(dir);
    if (info === undefined) throw new Error("is not there");
    for (const text of [info.storeId, info.generation])
      if (typeof text !== "string" || !/^[0-9a-f]{16}$/.test(text)) throw new Error("names no store");
    for (const time of [info.at, info.verifiedAt ?? 0, info.fullyVerifiedAt ?? 0])
      new Date(time).toISOString();
    return true;
  },
};

const KEY = new Uint8Array(32).fill(7);
const SALT = new Uint8Array(16).fill(8);

const sealedKeys: Target = {
  name: "sealedKeys",
  seeds: () => {
    const sealed = sealKeys({ storeId: HEX8 }, KEY, SALT);
    return [Buffer.from(sealed), Buffer.from(sealed.replace("sealed.v1", "")), Buffer.from("[]")];
  },
  words: ["salt", "check", "iv", "sealed", "null", "{}"],
  maxBytes: 1000,
  codes: /^BACKUP_(KEYRING|CODE)$/,
  run(bytes) {
    const dir = scratch();
    writeFileSync(sealedPath(dir), bytes);
    if (openSealed(dir, KEY).storeId !== HEX8) throw new Error("opens to other keys");
    return true;
  },
};

const recoveryCode: Target = {
  name: "recoveryCode",
  seeds: () => [0, 255].map((fill) => Buffer.from(encodeRecoveryCode(new Uint8Array(16).fill(fill)))),
  words: ["avr1", "av1", " ", "-", "\u212a", "\u0130"],
  maxBytes: 200,
  codes: /^RECOVERY_CODE_(LENGTH|CHARACTER|CHECKSUM)$/,
  run(bytes) {
    const typed = Buffer.from(bytes).toString("utf8");
    const printed = encodeRecoveryCode(decodeRecoveryCode(typed)).replace(/ /g, "");
    if (!printed.endsWith(typed.replace(/[\s-]/g, "").toLowerCase().slice(-32)))
      throw new Error(`${JSON.stringify(typed)} is printed ${printed}`);
    return true;
  },
};

const url: Target = {
  name: "mirrorUrl",
  seeds: () =>
    ["hub.home", "10.0.0.1", "fd00::1"].map((host) =>
      Buffer.from(
        mirrorUrl({ host: host.includes(":") ? `[${host}]` : host, port: 7583, secret: Buffer.alloc(32, 9) }),
      ),
    ),
  words: ["avnode-mirror://", "[", "]", ":", "/#", "@", "65536"],
  maxBytes: 300,
  codes: /^MIRROR_URL$/,
  run(bytes) {
    const { host, port, secret } = parseMirrorUrl(Buffer.from(bytes).toString("utf8"));
    if (!/^[\w.:-]+$/.test(host) || !(port > 0 && port < 65536) || secret.length !== 32)
      throw new Error("leads nowhere");
    return true;
  },
};

let dataDir: string | undefined;

/** A hub's data directory as it begins. */
function hub(): string {
  if (dataDir === undefined) {
    dataDir = join(scratch(), "hub");
    makeDirectory(dataDir);
    const { db, keyring } = openToWrite(dataDir, "home");
    keyring.amend(dataDir, { backupKey: Buffer.from(KEY), backupSalt: Buffer.from(SALT) });
    db.close();
  }
  return dataDir;
}

const said = (...messages: unknown[]) =>
  Buffer.concat(
    messages.flatMap((message) => {
      const body = Buffer.from(JSON.stringify(message));
      const head = Buffer.alloc(4);
      head.writeUInt32BE(body.length);
      return [head, body];
    }),
  );
const nothing = { digests: {}, ends: {} };

/** More than a round has waits. */
const TURNS = 60;

/** A mirror that was invited, and is not to be trusted for it. */
const mirror: Target = {
  name: "mirror",
  seeds: () => [
    said({ t: "hello", v: 1, have: nothing }, { t: "done" }),
    said({ t: "hello", v: 1, have: nothing }, { t: "runs", runs: [[1, [[0, 5]]]] }, { t: "done" }),
    said({
      t: "hello",
      v: 1,
      have: { digests: { recordings: [["[1]", "00"]] }, ends: { frames: [["[1]", 7]] } },
    }),
    said({ t: "hello", v: 1, have: nothing }, { t: "refused", code: "MIRROR_LOG", message: "no" }),
    said({ t: "hello", v: 2 }),
    Buffer.from("ffffffff7b7d", "hex"),
    Buffer.from("000000027b7d", "hex"),
  ],
  words: [
    "[",
    "]",
    "{",
    "}",
    "null",
    '"t":',
    '"devices":',
    '"meta":',
    '"leaves":',
    '"__proto__":',
    "[[[]]]",
    "1e999",
  ],
  maxBytes: 1000,
  codes: /^MIRROR_(MESSAGE|CLOSED)$/,
  async run(bytes) {
    const [near, far] = duplexPair();
    near.on("error", () => undefined);
    // As a socket does whose other side ended.
    far.on("end", () => far.destroy());
    near.resume();
    const channel = new Channel<ToMirror, ToHub>(far);
    let isFirst = true;
    const served = serve(channel, {
      dataDir: hub(),
      isWelcome() {
        const welcome = isFirst;
        isFirst = false;
        return welcome;
      },
      onTaken: () => undefined,
      onRefused: () => undefined,
    });
    let isOver = false;
    const ends = () => {
      isOver = true;
    };
    served.then(ends, ends);
    near.write(bytes);
    for (let turn = 0; turn < TURNS && !isOver; turn++) await new Promise((next) => setImmediate(next));
    near.end();
    await served.finally(() => channel.close(false));
    return true;
  },
};

export const copies: Target[] = [backupInfo, sealedKeys, recoveryCode, url, mirror];
