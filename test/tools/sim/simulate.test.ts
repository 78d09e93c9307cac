import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import type { Monitor } from "../../../firmware/monitor";
import { nodeCrypto } from "../../../gateway/crypto";
import { FAULTS, type Fault, parseFaults } from "../../../tools/sim/simulate/faults";
import { type Outcome, simulate } from "../../../tools/sim/simulate/simulate";
import type { Parts } from "../../../tools/sim/simulate/world";

const PROGRAM = path.join(__dirname, "../../../tools/avnode.ts");
const HOURS = 0.02;

function program(...args: string[]) {
  return spawnSync(
    process.execPath,
    ["-r", "ts-node/register/transpile-only", PROGRAM, "simulate", ...args],
    {
      encoding: "utf8",
    },
  );
}

describe("avnode simulate", () => {
  it("gives the same events for a seed in two processes, whatever the process did before", function () {
    const alone = program("--seed", "13", "--hours", `${HOURS}`, "--json");
    const behind = program("--seed", "11", "--runs", "3", "--workers", "1", "--hours", `${HOURS}`, "--json");
    const first = JSON.parse(alone.stdout) as Outcome;
    const second = JSON.parse(behind.stdout.trim().split("\n")[2]!) as Outcome;
    assert.equal(first.seed, second.seed);
    assert.ok(first.events > 100, `only ${first.events} events`);
    assert.deepEqual({ ...first, wallMs: 0 }, { ...second, wallMs: 0 });
    assert.equal(alone.status, 0);
  });

  it("refuses a fault that it does not know and names the nearest", function () {
    const { status, stderr, stdout } = program("--faults", "loss,-dublicate");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /no fault is called "dublicate"; did you mean duplicate\?/);
  });

  it("takes faults as a choice, or as all but some", () => {
    assert.deepEqual([...parseFaults("store,loss")], ["loss", "store"]);
    assert.deepEqual(
      [...parseFaults("-attack")],
      Object.keys(FAULTS).filter((name) => name !== "attack"),
    );
    assert.deepEqual([...parseFaults("none")], []);
  });
});

/** Makes a method do something else. */
function replace<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  make: (original: Owner[Name]) => Owner[Name],
): void {
  const original = owner[name] as unknown;
  owner[name] = make((typeof original === "function" ? original.bind(owner) : original) as Owner[Name]);
}

interface Bug {
  faults: Fault[];
  parts: Parts;
  /** What the simulator says of it. */
  finding: RegExp;
}

const bugs: Record<string, Bug> = {
  "a store that sends receipts before it commits": {
    faults: ["store"],
    finding: /was receipted and is not on disk/,
    parts: {
      storeOpened(store) {
        const db = store["db"];
        let batches = 0;
        const transact = (batch: Parameters<(typeof store)["write"]>[0]) => {
          if (!db.inTransaction) db.exec("BEGIN IMMEDIATE");
          store["write"](batch);
          if (++batches % 4 === 0) db.exec("COMMIT");
        };
        Object.assign(store["committer"], { transact });
      },
    },
  },
  "a store that takes a frame for genuine whose tag is wrong": {
    faults: ["attack"],
    finding: /took a message of type \d+ that nobody of ours sealed/,
    parts: {
      storeCrypto: {
        ...nodeCrypto,
        open: (key, nonce, sealed) =>
          nodeCrypto.open(key, nonce, sealed) ?? new Uint8Array(Math.max(0, sealed.length - 8)),
      },
    },
  },
  "a recorder that leaves out a block now and then": {
    faults: ["fifo"],
    finding: /missing, and no drop frame says so|its close counts|samples, and \d+ were given/,
    parts: {
      booted(monitor: Monitor) {
        let blocks = 0;
        replace(monitor["recorder"], "data", (data) => (firstSample, block, samples) => {
          if (++blocks % 20 !== 0) data(firstSample, block, samples);
        });
      },
    },
  },
  "a ring that frees what a receipt calls a hole": {
    faults: ["loss", "reorder"],
    finding: /neither stored nor declared lost/,
    parts: {
      booted(monitor: Monitor) {
        replace(monitor["ring"], "receipt", (receipt) => (recording, next) => receipt(recording, next, []));
      },
    },
  },
  "a handheld that begins a recording before its number is burned": {
    faults: ["battery"],
    finding: /sealed two bodies under one key and nonce/,
    parts: {
      booted(monitor: Monitor) {
        const vault = monitor["vault"];
        let burning = false;
        replace(monitor["recorder"], "burn", (burn) => (keys) => {
          burning = true;
          const burned = burn(keys);
          burning = false;
          return burned;
        });
        replace(vault, "save", (save) => (keys) => {
          if (!burning) save(keys);
        });
      },
    },
  },
};

describe("the simulator finds, within twenty seeds,", () => {
  for (const [name, { faults, parts, finding }] of Object.entries(bugs)) {
    it(name, async function () {
      for (let seed = 1; seed <= 20; seed++) {
        const outcome = await simulate({ seed, hours: HOURS, faults: new Set(faults), parts });
        if (outcome.ok) continue;
        assert.match(outcome.violations.map(({ what }) => what).join("\n"), finding, `seed ${seed}`);
        return;
      }
      assert.fail("no seed found it");
    });
  }
});
