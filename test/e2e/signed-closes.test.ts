import assert from "node:assert/strict";
import { systemClock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { startHub } from "../../gateway/hub";
import { decodeClose, signedClose } from "../../protocol/bodies";
import { toHex } from "../../protocol/bytes";
import type { Crypto } from "../../protocol/crypto";
import { decodeHeader, FrameType, HEADER_BYTES } from "../../protocol/header";
import { assembleLms, decodeLmsPublicKey, lmsPath, verifyLms } from "../../protocol/lms";
import { RecordingMode } from "../../protocol/open";
import { decodeSignature } from "../../protocol/signature";
import { publicTree } from "../../protocol/trees";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import type { SimFlash } from "../../tools/sim/flash";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { simulatedIdentity } from "../../tools/sim/handheld";
import { type House, openHouse } from "../../tools/sim/house";
import { type Keepsake, newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT } from "../../tools/sim/radio/lossy";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "./rig";

const RATE = 256;
const seed = Number(process.env.AVNODE_SEED ?? 1);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Notes the body of every frame that the handheld seals; a key and nonce never get two. */
class Watch {
  /** By epoch, recording and sequence, as the header has them. */
  readonly bodies = new Map<string, Uint8Array>();
  private readonly plain = new Map<string, string>();
  readonly crypto: Crypto = {
    ...nodeCrypto,
    seal: (key, nonce, plain) => {
      const place = `${toHex(key)} ${toHex(nonce)}`;
      assert.equal(this.plain.get(place) ?? toHex(plain), toHex(plain), `${place} sealed twice`);
      this.plain.set(place, toHex(plain));
      const length = (plain[0]! << 8) | plain[1]!;
      this.bodies.set(toHex(nonce.subarray(0, HEADER_BYTES)), plain.slice(2, 2 + length));
      return nodeCrypto.seal(key, nonce, plain);
    },
  };

  bodyOf(frame: Uint8Array): Uint8Array {
    return this.bodies.get(toHex(frame.subarray(0, HEADER_BYTES)))!;
  }
}

/** Stops one recording after another, with the power failing at each flash operation of the close in turn. */
async function cutEveryClose({ handheld }: House, keepsake: Keepsake, boot: () => void): Promise<number> {
  let closes = 0;
  for (const chip of [keepsake.flash, keepsake.vault] as SimFlash[]) {
    for (let operation = 1; ; operation++) {
      handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
      await pause(1500);
      const before = handheld.powerCuts;
      chip.cutAfter(operation);
      handheld.act((monitor) => monitor.stop());
      closes++;
      // The close is signed a slice at a time.
      await pause(500);
      const cut = handheld.powerCuts > before;
      keepsake.flash.restore();
      keepsake.vault.restore();
      if (!cut) break;
      boot();
      await pause(500);
    }
  }
  return closes;
}

describe(`signed closes (seed ${seed})`, () => {
  const dataDir = scratch(true);

  it("of a handheld whose power fails at every flash operation of a close, and that changes its owner: no leaf twice, and all verify", async function () {
    const watch = new Watch();
    // Two trees, so that signing goes over from one to the next.
    const signing = { seed: new Uint8Array(32).fill(seed), trees: 2, height: 5 };
    const keepsake = { ...newKeepsake(seed), identity: simulatedIdentity(nodeCrypto, signing) };
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(
        (async () => {
          const house = await openHouse({
            keepsake,
            radio: PERFECT,
            seed,
            crypto: watch.crypto,
            startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
          });
          const { handheld, store } = house;
          const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed });
          const boot = (buttonHeld = false) =>
            void handheld.powerOn(
              new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 250, speed: 1 }),
              buttonHeld,
            );
          const idle = () => waitUntil("idle", () => handheld.monitor!.status(0, 0).backlog === 0, 600_000);
          boot();
          await claimIfNew(handheld, store);
          let closes = await cutEveryClose(house, keepsake, boot);
          await idle();
          handheld.powerOff();
          boot(true);
          await claimIfNew(handheld, store);
          assert.equal(handheld.monitor!.keys()!.epoch, 2);
          await pause(2000);
          while (handheld.monitor!.keys()!.leaf < 34) {
            closes += await cutEveryClose(house, keepsake, boot);
            await pause(500);
          }
          await idle();
          await pause(1000);
          judge(house, watch, closes);
          await house.close();
        })(),
        7200_000,
      );
    } finally {
      time.restore();
    }
  });

  function judge({ handheld, store }: House, watch: Watch, closes: number): void {
    const report = store.reader.verify();
    assert.deepEqual(report.problems, []);
    for (const { id, problems } of report.recordings) assert.deepEqual(problems, [], id);
    assert.equal(report.ok, true);
    const { signing, device } = handheld.identity;
    const trees = [0, 1].map((tree) => publicTree(nodeCrypto, signing!, tree));
    assert.deepEqual(
      handheld.dossier.leaves,
      trees.map(({ leaves }) => leaves),
    );
    const [log] = store.reader.log.logs();
    const used = new Set<string>();
    let closed = 0;
    let witnessed = 0;
    for (const { id, state } of store.reader.recordings()) {
      let close: Uint8Array | undefined;
      if (state === "closed") closed++;
      for (const { frame } of store.reader.frames(id)) {
        const { type, epoch, recording } = decodeHeader(frame);
        if (type === FrameType.close) {
          close = signedClose(device, epoch, recording, watch.bodyOf(frame));
          const { checkpointSize: size, checkpointRoot } = decodeClose(watch.bodyOf(frame));
          // The handheld saw no other log than the one that is here.
          if (size > 0) assert.equal(toHex(checkpointRoot), toHex(store.reader.log.root(log!.id, size)), id);
          if (size > 0) witnessed++;
        }
        if (type !== FrameType.signature) continue;
        const { tree, leaf, ots } = decodeSignature(watch.bodyOf(frame));
        assert.equal(used.has(`${tree} ${leaf}`), false, `leaf ${leaf} of tree ${tree} twice`);
        used.add(`${tree} ${leaf}`);
        const { publicKey, leaves } = trees[tree]!;
        const { lmsType, id: treeId } = decodeLmsPublicKey(publicKey);
        const path = lmsPath(nodeCrypto.sha256, lmsType, treeId, leaves, leaf);
        const whole = assembleLms(leaf, ots, lmsType, path);
        assert.equal(verifyLms(nodeCrypto.sha256, publicKey, close!, whole), true, id);
      }
    }
    // Every signature that was ever sealed and reached nobody counts as well.
    const sealed = [...watch.bodies].filter(([header]) => header.startsWith("16"));
    const leaves = sealed.map(([, body]) => toHex(body.subarray(0, 5)));
    assert.equal(new Set(leaves).size, leaves.length);
    assert.ok(
      [...used].some((place) => place.startsWith("1 ")),
      "the second tree was never reached",
    );
    assert.ok(witnessed > 10, `only ${witnessed} closes echo a checkpoint`);
    assert.ok(closed > used.size, "no power cut left a close unsigned: the test tests nothing");
    assert.ok(closes > closed, "no power cut left a recording open: the test tests nothing");
  }
});
