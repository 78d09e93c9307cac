import assert from "node:assert/strict";
import { restore } from "../../../gateway/backup/restore";
import { runBackup } from "../../../gateway/backup/run";
import { answerTo } from "../../../gateway/claim/answers";
import type { ClaimState } from "../../../gateway/store/claims";
import type { Store } from "../../../gateway/store/store";
import { toHex } from "../../../protocol/bytes";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { claimIfNew } from "../../../tools/sim/owner";
import { directories, inHouse, inTime, pause, powerOn } from "./house";

const OTHER_CODE = new Uint8Array(16).fill(9);

describe("a claim that brings no handheld", () => {
  const newDir = directories();

  /** The state behind 20 s, and the one behind the minute. */
  async function endOf(store: Store, claim: number): Promise<(ClaimState | undefined)[]> {
    await pause(20_000);
    const early = store.claimState(claim);
    await pause(45_000);
    return [early, store.claimState(claim)];
  }

  inTime("says that the code is wrong when a button is held of a handheld that has another", () =>
    inHouse(newDir(), newKeepsake(1), async ({ handheld, store }) => {
      const claim = store.claim(OTHER_CODE);
      handheld.act((monitor) => monitor.hold());
      const [early, end] = await endOf(store, claim);
      assert.deepEqual(early, { state: "waiting", code: "wrong-code", device: undefined });
      assert.deepEqual(end, { state: "expired", code: "wrong-code", device: undefined });
      assert.equal(handheld.monitor!.keys(), undefined);
    }),
  );

  inTime("still takes the right one that comes after a wrong one", () =>
    inHouse(newDir(), newKeepsake(1), async ({ handheld, store }) => {
      const wrong = store.claim(OTHER_CODE);
      const right = store.claim(handheld.identity.claimCode);
      handheld.act((monitor) => monitor.hold());
      await pause(10_000);
      assert.equal(store.claimState(right)!.state, "claimed");
      assert.equal(store.claimState(right)!.code, undefined);
      assert.notEqual(store.claimState(wrong)!.state, "claimed");
    }),
  );

  inTime("says that the handheld is another's, also when its code is right", async () => {
    const keepsake = newKeepsake(1);
    await inHouse(newDir(), keepsake, ({ handheld, store }) => claimIfNew(handheld, store));
    await inHouse(newDir(), keepsake, async ({ handheld, store }) => {
      const claim = store.claim(handheld.identity.claimCode);
      await pause(5000);
      assert.equal(store.claimState(claim)!.code, undefined, "its button was not held");
      handheld.act((monitor) => monitor.hold());
      const [early, end] = await endOf(store, claim);
      assert.deepEqual(early, { state: "waiting", code: "foreign", device: undefined });
      assert.deepEqual(end, { state: "expired", code: "foreign", device: undefined });
      assert.equal(handheld.monitor!.keys()!.epoch, 1);
    });
  });

  inTime(
    "says at once that it is ours already, by the keys, with or without the button; also after a restart",
    async () => {
      const keepsake = newKeepsake(1);
      const dataDir = newDir();
      const ours = { state: "refused", code: "already-yours", device: toHex(keepsake.identity.device) };
      await inHouse(dataDir, keepsake, async ({ handheld, store }) => {
        await claimIfNew(handheld, store);
        await pause(2000);
        const claim = store.claim(handheld.identity.claimCode);
        await pause(1000);
        assert.deepEqual(store.claimState(claim), ours);
      });
      await inHouse(dataDir, keepsake, async (house) => {
        const { handheld, store } = house;
        handheld.powerOff();
        await pause(1000);
        const claim = store.claim(handheld.identity.claimCode);
        await pause(10_000);
        assert.equal(store.claimState(claim)!.state, "waiting");
        powerOn(house);
        await pause(10_000);
        assert.deepEqual(store.claimState(claim), ours);
      });
    },
  );

  inTime("says that it was claimed after the backup from which this hub came back", async () => {
    const keepsake = newKeepsake(1);
    const [dataDir, copy, back] = [newDir(), newDir(), newDir()];
    let code!: Uint8Array;
    await inHouse(dataDir, keepsake, async ({ handheld, store }) => {
      runBackup({
        dataDir,
        dir: copy,
        onCode: (made) => {
          code = made;
        },
      });
      await claimIfNew(handheld, store);
    });
    restore({ dir: copy, dataDir: back, code });
    await inHouse(back, keepsake, async ({ handheld, store }) => {
      const claim = store.claim(handheld.identity.claimCode);
      handheld.act((monitor) => monitor.hold());
      const [, end] = await endOf(store, claim);
      assert.deepEqual(end, { state: "expired", code: "before-restore", device: undefined });
      assert.equal(handheld.monitor!.keys()!.epoch, 1);
    });
  });

  inTime("says that nobody was there, and whose code it was if that is known", async () => {
    const keepsake = newKeepsake(1);
    await inHouse(newDir(), keepsake, async ({ handheld, store }) => {
      const claim = store.claim(handheld.identity.claimCode);
      const [early, end] = await endOf(store, claim);
      assert.deepEqual(early, { state: "waiting", code: undefined, device: undefined });
      assert.deepEqual(end, { state: "expired", code: "nobody", device: undefined });
      await claimIfNew(handheld, store);
      handheld.powerOff();
      await pause(1000);
      const again = store.claim(handheld.identity.claimCode);
      const [, known] = await endOf(store, again);
      assert.deepEqual(known, {
        state: "expired",
        code: "nobody",
        device: toHex(handheld.identity.device),
      });
    });
  });

  it("has five answers that differ, each with what to do", () => {
    const codes = ["wrong-code", "foreign", "already-yours", "before-restore", "nobody"] as const;
    const answers = codes.map((code) => answerTo(code));
    assert.equal(new Set(answers.map(({ detail }) => detail)).size, 5);
    assert.equal(new Set(answers.map(({ next }) => next)).size, 5);
  });
});
