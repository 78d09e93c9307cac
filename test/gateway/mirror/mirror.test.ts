import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import Database from "better-sqlite3";
import { readInfo } from "../../../gateway/backup/info";
import { makeRecoveryCode } from "../../../gateway/backup/keyfile";
import { restore } from "../../../gateway/backup/restore";
import { statusOf } from "../../../gateway/backup/status";
import { nodeCrypto } from "../../../gateway/crypto";
import { follow } from "../../../gateway/mirror/follow";
import { identityOf, invite, mirrorUrl, parseMirrorUrl, revoke } from "../../../gateway/mirror/invites";
import { TLS } from "../../../gateway/mirror/wire";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { importRevocationsBeside, pinMakerBeside } from "../../../gateway/store/trust";
import { FrameType } from "../../../protocol/header";
import { Direction, linkKey, receiptKey } from "../../../protocol/keys";
import { encodeReceipt } from "../../../protocol/receipt";
import { sealFrame } from "../../../protocol/seal";
import { decodeDeviceHello, encodeStoreHello } from "../../../protocol/session";
import { makerOf } from "../store/makers";
import { Mirrored, pause, until } from "./mirrored";

describe("a mirror", function () {
  let house: Mirrored;
  beforeEach(async () => {
    house = await Mirrored.make();
  });
  afterEach(() => house.close());

  it("holds what the store holds, a moment after each commit, and goes on after a pause", async () => {
    house.deliver(house.handheld.record(300));
    house.start();
    await until("the first copy", house.isLevel);
    const running = house.handheld.begin();
    for (let i = 0; i < 5; i++) house.handheld.data(running);
    house.deliver(running);
    await until("the frames that came", house.isLevel);
    await house.stop();
    house.handheld.data(running);
    house.handheld.close(running);
    house.deliver(running, 6);
    house.start();
    await until("what came meanwhile", house.isLevel);
    for (const name of ["avnode.db", "backup.json", "keyring.sealed"])
      assert.ok(readdirSync(house.dir).includes(name));
    await until("a note of it", () => statusOf(house.dataDir).copies.length === 1);
    const [copy] = statusOf(house.dataDir).copies;
    assert.deepEqual([copy!.place, copy!.kind, copy!.ok, copy!.late], ["mirror-1", "mirror", true, false]);
  });

  it("holds whom the hub believes: makers, and the lists of what they revoked", async () => {
    house.start();
    await until("the first copy", house.isLevel);
    const maker = makerOf("first");
    pinMakerBeside(house.dataDir, maker.publicKey);
    importRevocationsBeside(house.dataDir, maker.revokes(1, []));
    house.deliver(house.handheld.record(1));
    await until("what is believed", house.isLevel);
    const db = new Database(join(house.dir, "avnode.db"), { readonly: true });
    const counts = ["makers", "revocations"].map((table) =>
      db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    );
    db.close();
    assert.deepEqual(counts, [1, 1]);
  });

  it("is promoted with the recovery code, and verifies", async () => {
    house.deliver(house.handheld.record(20));
    let code!: Uint8Array;
    makeRecoveryCode(house.dataDir, (made) => {
      code = made;
    });
    house.start();
    await until("the copy", house.isLevel);
    await house.stop();
    const promoted = join(house.folder, "promoted");
    assert.deepEqual(restore({ dir: house.dir, dataDir: promoted, code }).problems, []);
    const reader = StoreReader.open(promoted);
    assert.equal(reader.verify().ok, true);
    assert.equal(reader.recordings()[0]!.frames, 22);
    reader.close();
  });

  it("frees no handheld's flash: it holds no key that a receipt could be sealed with", async () => {
    house.deliver(house.handheld.record(2));
    house.start();
    await until("the copy", house.isLevel);
    await house.stop();
    const rk = Buffer.from(receiptKey(nodeCrypto, house.handheld.root!));
    const { wrapKey } = JSON.parse(readFileSync(join(house.dataDir, "keyring.json"), "utf8"));
    for (const name of readdirSync(house.dir)) {
      const file = readFileSync(join(house.dir, name));
      assert.equal(file.includes(rk), false, name);
      assert.equal(file.includes(Buffer.from(wrapKey, "hex")), false, name);
      assert.equal(file.toString("latin1").includes(wrapKey), false, name);
    }
    // The hello is clear: anybody may say it. What follows is sealed by a key that the mirror can only guess at.
    const info = readInfo(house.dir)!;
    const storeId = Buffer.from(info.storeId, "hex");
    const generation = Buffer.from(info.generation, "hex");
    const hello = decodeDeviceHello(house.handheld.hello());
    const nonce = nodeCrypto.random(16);
    house.handheld.take(
      encodeStoreHello({ alias: hello.alias, storeId, generation, nonce, deviceNonce: hello.nonce }),
    );
    const receipt = encodeReceipt({
      storeId,
      generation,
      checkpointSize: 0,
      checkpointRoot: new Uint8Array(32),
      recording: 1,
      next: 4,
      holes: [],
    });
    const before = house.handheld.receipts.length;
    const db = new Database(join(house.dir, "avnode.db"), { readonly: true });
    const blobs = db
      .prepare("SELECT rk FROM epochs UNION SELECT ck FROM epochs UNION SELECT mk FROM recordings")
      .pluck()
      .all() as Buffer[];
    db.close();
    let tried = 0;
    for (const blob of [...blobs, storeId, generation, Buffer.alloc(32)])
      for (let at = 0; at + 32 <= Math.max(32, blob.length); at += 4) {
        const key = linkKey(
          nodeCrypto,
          blob.subarray(at, at + 32),
          Direction.down,
          hello.nonce,
          nonce,
          storeId,
        );
        const header = { type: FrameType.receipt, epoch: house.handheld.epoch, recording: 0, sequence: 0 };
        assert.throws(() => house.handheld.take(sealFrame(nodeCrypto, key, header, receipt)), {
          code: "FRAME_TAG",
        });
        tried++;
      }
    assert.ok(tried > 10);
    assert.equal(house.handheld.receipts.length, before);
    // And it cannot be run as a store.
    assert.throws(() => Store.open({ dataDir: house.dir, kind: "demo" }), { code: "STORE_KEYRING_MISSING" });
  });

  it("is turned away with another secret, and once it is revoked", async () => {
    const stranger = { ...house.address, secret: Buffer.alloc(32, 7) };
    const aborted = new AbortController();
    let why = "";
    const ended = follow({
      dir: join(house.folder, "stranger"),
      address: stranger,
      signal: aborted.signal,
      onConnected: (_, reason) => {
        why = reason ?? "connected";
        aborted.abort();
      },
    });
    await ended;
    assert.notEqual(why, "connected");
    house.start();
    await until("the copy", house.isLevel);
    revoke(house.dataDir, "mirror-1");
    await pause(1500);
    house.deliver(house.handheld.record(2));
    await pause(1000);
    assert.equal(house.isLevel(), false);
  });

  it("speaks TLS 1.2 with a fresh key each time, and nothing weaker", async () => {
    const tried = await new Promise<string>((resolve) => {
      const socket = connect({
        ...TLS,
        host: house.address.host,
        port: house.address.port,
        pskCallback: () => ({ psk: house.address.secret, identity: identityOf(house.address.secret) }),
        checkServerIdentity: () => undefined,
      });
      socket.on("secureConnect", () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
    });
    assert.equal(tried, "TLSv1.2 ECDHE-PSK-CHACHA20-POLY1305");
    const weaker = await new Promise<string>((resolve) => {
      const socket = connect({
        ...TLS,
        ciphers: "PSK-AES256-CBC-SHA",
        host: house.address.host,
        port: house.address.port,
        pskCallback: () => ({ psk: house.address.secret, identity: identityOf(house.address.secret) }),
        checkServerIdentity: () => undefined,
      });
      socket.on("secureConnect", () => resolve("connected"));
      socket.on("error", () => resolve("refused"));
    });
    assert.equal(weaker, "refused");
  });

  it("is given to by a URL that is read as it was printed", () => {
    const url = mirrorUrl(house.address);
    assert.deepEqual(parseMirrorUrl(`${url}\n`), house.address);
    assert.throws(() => parseMirrorUrl(url.slice(0, -2)), { code: "MIRROR_URL" });
    assert.throws(() => parseMirrorUrl(url.replace("avnode-mirror", "http")), { code: "MIRROR_URL" });
    assert.equal(statSync(join(house.dataDir, "mirrors.json")).mode & 0o777, 0o600);
  });

  it("has one port for all its invitations, and says so rather than print another", () => {
    assert.throws(() => invite(house.dataDir, { port: house.address.port + 1 }), { code: "MIRROR_PORT" });
    assert.equal(invite(house.dataDir, {}).port, house.address.port);
  });
});
