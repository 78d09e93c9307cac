import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { makeRecoveryCode, readKeys, sealing } from "../../../gateway/backup/keyfile";
import { restore } from "../../../gateway/backup/restore";
import { sealKeys } from "../../../gateway/backup/sealed";
import { nodeCrypto } from "../../../gateway/crypto";
import { checkKeyring, keepKeyring, MAX_KEYRINGS } from "../../../gateway/mirror/keyrings";
import { Channel, PROTOCOL, TLS, type ToHub, type ToMirror } from "../../../gateway/mirror/wire";
import { SCHEMA_VERSION } from "../../../gateway/store/schema";
import { Mirrored, until } from "./mirrored";

describe("the sealed keyrings of a mirror", function () {
  describe("from a hub", () => {
    let house: Mirrored;
    const sealed = () => join(house.dir, "keyring.sealed");

    function newCode(): Uint8Array {
      let code!: Uint8Array;
      makeRecoveryCode(house.dataDir, (made) => {
        code = made;
      });
      return code;
    }

    function promoted(code: Uint8Array, name: string): string[] {
      return restore({ dir: house.dir, dataDir: join(house.folder, name), code }).problems;
    }

    async function copied(): Promise<void> {
      house.start();
      await until("the copy", () => house.isLevel() && existsSync(sealed()));
      await house.stop();
    }

    beforeEach(async () => {
      house = await Mirrored.make();
      house.deliver(house.handheld.record(2));
    });
    afterEach(() => house.close());

    it("are all kept, and each recovery code opens its own", async () => {
      const old = newCode();
      await copied();
      const renewed = newCode();
      house.deliver(house.handheld.record(2));
      let told = 0;
      house.start(() => told++);
      await until("the copy", () => house.isLevel() && told > 0);
      await house.stop();
      assert.deepEqual(promoted(old, "by-old"), []);
      assert.deepEqual(promoted(renewed, "by-renewed"), []);
    });

    it("are the same file as long as nothing changed", async () => {
      await copied();
      const before = readFileSync(sealed(), "utf8");
      house.deliver(house.handheld.record(2));
      await copied();
      assert.equal(readFileSync(sealed(), "utf8"), before);
      assert.equal(existsSync(`${sealed()}.1`), false);
    });

    it("are tried in turn by a restore, when the newest opens and is not the store's", async () => {
      const code = newCode();
      await copied();
      renameSync(sealed(), `${sealed()}.1`);
      const keys = readKeys(house.dataDir);
      const { key, salt } = sealing(keys);
      const false_ = { ...keys, wrapKey: Buffer.from(nodeCrypto.random(32)).toString("hex") };
      writeFileSync(sealed(), sealKeys(false_, key, salt));
      assert.deepEqual(promoted(code, "promoted"), []);
    });

    it("are not replaced by what is none", async () => {
      await copied();
      const before = readFileSync(sealed(), "utf8");
      const { storeId, key } = JSON.parse(readFileSync(join(house.dir, "mirror.json"), "utf8"));
      await house.server.close();
      const options = { ...TLS, pskCallback: () => house.address.secret };
      const hub = createServer(options);
      hub.on("secureConnection", async (socket: TLSSocket) => {
        const channel = new Channel<ToMirror, ToHub>(socket);
        await channel.expect("hello");
        const store = { storeId, key, schema: SCHEMA_VERSION, generation: "00", kind: "demo" };
        await channel.send({ t: "store", v: PROTOCOL, ...store, sealed: "nothing" });
      });
      await new Promise<void>((listening) => hub.listen(house.address.port, "127.0.0.1", () => listening()));
      try {
        house.start();
        assert.equal(((await house.ended()) as { code?: string }).code, "MIRROR_KEYRING");
        assert.equal(readFileSync(sealed(), "utf8"), before);
      } finally {
        hub.close();
      }
    });
  });

  it("are never pushed out by newer ones", () => {
    const dir = mkdtempSync(join(tmpdir(), "avnode-keyrings-"));
    try {
      const box = () => sealKeys({}, nodeCrypto.random(32), nodeCrypto.random(16));
      const boxes = Array.from({ length: MAX_KEYRINGS }, box);
      for (const one of [...boxes, ...boxes]) {
        checkKeyring(dir, one);
        keepKeyring(dir, one);
      }
      assert.throws(() => checkKeyring(dir, box()), { code: "MIRROR_KEYRING" });
      const kept = ["", ...boxes.map((_, i) => `.${i + 1}`)]
        .map((end) => join(dir, `keyring.sealed${end}`))
        .filter(existsSync)
        .map((path) => readFileSync(path, "utf8"));
      for (const one of boxes) assert.ok(kept.includes(one));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
