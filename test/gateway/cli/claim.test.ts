import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { restore } from "../../../gateway/backup/restore";
import { runBackup } from "../../../gateway/backup/run";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { serveStatus } from "../../../gateway/health/socket";
import type { HubStatus } from "../../../gateway/health/status";
import { type AdapterStatus, NO_ADAPTERS } from "../../../gateway/radio/radio";
import { toHex } from "../../../protocol/bytes";
import { encodeClaimCode } from "../../../protocol/claim";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { claimIfNew } from "../../../tools/sim/owner";
import { directories, inHouse, inTime, pause } from "../claim/house";

const OTHER_CODE = new Uint8Array(16).fill(9);
const HOLD = "hold the handheld's button\n";

interface Ran {
  exit: number;
  out: string;
  err: string;
}

/** The code as it is typed, without a terminal. */
function claim(dataDir: string, code: Uint8Array, ...more: string[]): Promise<Ran> {
  return claimBy([...encodeClaimCode(code).split(" "), ...more, "--data", dataDir]);
}

async function claimBy(words: string[], input = ""): Promise<Ran> {
  const caught = { out: "", err: "" };
  const into = (which: "out" | "err") =>
    ({
      write(text: string) {
        caught[which] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const stdin = Readable.from([input]) as unknown as NodeJS.ReadStream;
  const exit = await run(["claim", ...words], "0.0.0", {}, new Terminal(into("out"), into("err"), {}, stdin));
  return { exit, ...caught };
}

/** Text without `--json`: nothing but the error, its reason and what to do. */
function assertNot({ exit, out, err }: Ran, ...said: (string | RegExp)[]): void {
  assert.deepEqual([exit, out], [1, ""], err);
  assert.ok(err.startsWith(HOLD), err);
  const lines = err.slice(HOLD.length).trimEnd().split("\n");
  assert.equal(lines.length, said.length, err);
  for (const [at, one] of said.entries())
    if (typeof one === "string") assert.equal(lines[at], one);
    else assert.match(lines[at]!, one);
}

describe("avnode claim ends", () => {
  const newDir = directories();

  inTime("with a handheld by a code that it asked for; and with the usage where none is typed", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld }) => {
      const words = ["--data", dataDir];
      const asked = claimBy(words, `${encodeClaimCode(handheld.identity.claimCode)}\n`);
      await pause(1000);
      handheld.act((monitor) => monitor.hold());
      const { exit, out, err } = await asked;
      assert.deepEqual([exit, out], [0, `claimed handheld ${toHex(handheld.identity.device)}\n`], err);
      const none = await claimBy(words);
      assert.deepEqual([none.exit, none.out], [2, ""]);
      assert.match(none.err, /^avnode: nothing was typed where 'its code, or the file of a photo/);
      const typo = await claimBy(words, "av1qqqq\n");
      assert.equal(typo.exit, 2);
    });
  });

  inTime("with the code of another handheld: compare it", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld }) => {
      const asked = claim(dataDir, OTHER_CODE);
      await pause(1000);
      handheld.act((monitor) => monitor.hold());
      assertNot(
        await asked,
        "so far: a handheld near the hub has its button held, and this is not its code",
        /^avnode: not claimed: a handheld near the hub has its button held, and this is not its code; compare the code with .* --photo; then claim again$/,
      );
    });
  });

  inTime("with somebody else's handheld: give it back, or wipe it", async () => {
    const keepsake = newKeepsake(1);
    await inHouse(newDir(), keepsake, ({ handheld, store }) => claimIfNew(handheld, store));
    const dataDir = newDir();
    await inHouse(dataDir, keepsake, async ({ handheld }) => {
      const asked = claim(dataDir, handheld.identity.claimCode);
      await pause(1000);
      handheld.act((monitor) => monitor.hold());
      assertNot(
        await asked,
        /^so far: .* has an owner, and it is not this hub$/,
        /^avnode: not claimed: the handheld whose button is held has an owner, and it is not this hub; .*give it back; .*held for ten seconds/,
      );
    });
  });

  inTime("with one's own at once, as text and as JSON", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld, store }) => {
      await claimIfNew(handheld, store);
      await pause(2000);
      const { claimCode, device } = handheld.identity;
      const before = Date.now();
      assertNot(
        await claim(dataDir, claimCode),
        /^avnode: not claimed: this hub has claimed this handheld before and holds its keys.*; nothing is to be done/,
      );
      const { exit, out } = await claim(dataDir, claimCode, "--json");
      assert.ok(Date.now() - before < 10_000);
      const { state, code, device: whose, next } = JSON.parse(out);
      assert.deepEqual([exit, state, code, whose], [1, "refused", "already-yours", toHex(device)]);
      assert.match(next, /^nothing is to be done/);
    });
  });

  inTime(
    "with one that was claimed behind the backup that this hub came from: a newer one, or wipe it",
    async () => {
      const keepsake = newKeepsake(1);
      const [dataDir, dir, back] = [newDir(), newDir(), newDir()];
      let code!: Uint8Array;
      await inHouse(dataDir, keepsake, async ({ handheld, store }) => {
        const onCode = (made: Uint8Array) => {
          code = made;
        };
        runBackup({ dataDir, dir, onCode });
        await claimIfNew(handheld, store);
      });
      restore({ dir, dataDir: back, code });
      await inHouse(back, keepsake, async ({ handheld }) => {
        const asked = claim(back, handheld.identity.claimCode);
        await pause(1000);
        handheld.act((monitor) => monitor.hold());
        const { exit, err } = await asked;
        assert.equal(exit, 1);
        assert.match(
          err,
          /^avnode: not claimed: this hub claimed the handheld after the backup was made .*; restore a newer backup or a mirror/m,
        );
      });
    },
  );

  inTime("with nobody near: hold its button; and whose code it is, where that is known", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld, store }) => {
      const { claimCode, device } = handheld.identity;
      const nobody = "no handheld whose button was held came near the hub within a minute";
      const next = /; charge it, .* hold its button for three seconds until it blinks, and claim again$/;
      const first = await claim(dataDir, claimCode);
      assertNot(first, next);
      assert.ok(first.err.includes(`avnode: not claimed: ${nobody}; charge`), first.err);
      await claimIfNew(handheld, store);
      handheld.powerOff();
      await pause(1000);
      const second = await claim(dataDir, claimCode);
      assertNot(second, next);
      assert.ok(
        second.err.includes(`${nobody} (the code is that of your handheld ${toHex(device)}); charge`),
        second.err,
      );
    });
  });

  inTime("withdrawn by a signal, at once and for good", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld, store }) => {
      const listeners = process.listenerCount("SIGTERM");
      const asked = claim(dataDir, handheld.identity.claimCode);
      await pause(1000);
      // Nobody but this process hears it.
      process.emit("SIGTERM");
      assertNot(
        await asked,
        /^avnode: not claimed: the claim was withdrawn, and no handheld .*; claim again/,
      );
      handheld.act((monitor) => monitor.hold());
      await pause(5000);
      assert.deepEqual([store.reader.devices(), handheld.monitor!.keys()], [[], undefined]);
      assert.equal(process.listenerCount("SIGTERM"), listeners);
    });
  });

  inTime("on a hub that hears nothing itself: what it lacks, at once and in the end", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld }) => {
      let adapters: AdapterStatus[] = [];
      const hub = () => ({ radio: { ...NO_ADAPTERS, simulated: false, adapters } }) as unknown as HubStatus;
      const socket = await serveStatus(dataDir, hub);
      try {
        const none = await claim(dataDir, OTHER_CODE);
        assert.deepEqual([none.exit, none.out], [1, ""]);
        assert.equal(
          none.err,
          "this hub hears nothing itself: no Bluetooth adapter is here; waiting for a relay elsewhere\n" +
            `${HOLD}avnode: not claimed: this hub hears nothing itself (no Bluetooth adapter is here), and no relay ` +
            "elsewhere heard a handheld whose button was held; plug one in; then claim again\n",
        );
        const off: AdapterStatus = { id: "hci0", state: "off", scanning: false, links: 0, recoveries: 1 };
        adapters = [{ ...off, advice: "hci0 is switched off: run: it" }];
        const asked = claim(dataDir, handheld.identity.claimCode);
        await pause(1000);
        handheld.act((monitor) => monitor.hold());
        const heard = await asked;
        assert.equal(heard.exit, 0, "a relay heard it");
        assert.match(heard.err, /^this hub hears nothing itself: hci0 is switched off; waiting/);
        adapters = [{ ...off, state: "on" }, off];
        handheld.powerOff();
        assertNot(
          await claim(dataDir, OTHER_CODE),
          /^avnode: not claimed: no handheld whose button .*; charge it/,
        );
      } finally {
        await socket.close();
      }
    });
  });
});
