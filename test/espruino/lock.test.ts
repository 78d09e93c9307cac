import assert from "node:assert/strict";
import { join } from "node:path";
import { toHex } from "../../protocol/bytes";
import { Gatt } from "../../protocol/names";
import { scratch } from "../e2e/rig";
import { BUNDLED, excerpt } from "./ecg";
import { built } from "./firmware";
import { Household } from "./household";
import { skipUnlessInterpreter } from "./interpreter";

const seed = Number(process.env.AVNODE_SEED ?? 1);
/** The interpreter looks at its stdin twenty times a second. */
const TYPED_MS = 1000;
const realPause = (ms: number) => new Promise((resolve) => realTimeout(resolve, ms));
const realTimeout = setTimeout;

interface Seen {
  advertising: string;
  scanResponse: string;
  name: string;
  uart: boolean;
  services: string[];
}

/** Structures of an advertisement by type: Core Specification Vol 3 Part C 11. */
function structures(base64: string): Map<number, string> {
  const bytes = Buffer.from(base64, "base64");
  const out = new Map<number, string>();
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!)
    out.set(bytes[at + 1]!, bytes.subarray(at + 2, at + 1 + bytes[at]!).toString("hex"));
  return out;
}

const FLAGS = 0x01;
const UUIDS_128 = 0x07;
const NAME = 0x09;
/** Little-endian on the air. */
const SERVICE = Buffer.from(Gatt.service.replaceAll("-", ""), "hex").reverse().toString("hex");
const GENERAL_DISCOVERABLE = "06";

async function household(dev: boolean): Promise<Household> {
  const { samples } = excerpt(BUNDLED, 1);
  const house = await Household.open({
    dataDir: join(scratch(true), "hub"),
    firmware: built(256, dev),
    samples,
    inRam: true,
    seed,
  });
  await house.powerOn();
  await house.pass(100);
  return house;
}

async function seen(house: Household): Promise<Seen> {
  return (await house.unit.ask("seen")).value as Seen;
}

/** Types what would leave a file behind. @returns whether it did */
async function typed(house: Household, line: string): Promise<boolean> {
  house.unit.type(line);
  await realPause(TYPED_MS);
  // Between two requests it looks at what was typed.
  for (let i = 0; i < 5; i++) await house.pass(50);
  await realPause(TYPED_MS);
  return house.unit.has("typed");
}

const WRITE = 'require("fs").writeFileSync("typed","1")';

describe("the handheld as others meet it", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("evaluates what is typed in a developers' build", async () => {
    const house = await household(true);
    try {
      assert.equal(await typed(house, WRITE), true);
    } finally {
      await house.close();
    }
  });

  it("evaluates nothing once it is locked: no console on the wire, no UART on the air, and a password", async () => {
    const house = await household(false);
    try {
      for (const line of [WRITE, `\x03${WRITE}`, `E.setConsole("USB");${WRITE}`, `avnode\n${WRITE}`])
        assert.equal(await typed(house, line), false, line);
      const { uart, services } = await seen(house);
      assert.deepEqual([uart, services], [false, [Gatt.service]]);
      const { value } = await house.unit.ask("watchdog");
      const { enabled, passwordLength } = value as { enabled: boolean; passwordLength: number };
      assert.equal(enabled, true);
      assert.ok(passwordLength >= 16, `a password of ${passwordLength} characters`);
    } finally {
      await house.close();
    }
  });

  it("advertises the project's name until it is claimed, and then nothing that tells it from another", async () => {
    const house = await household(false);
    try {
      const before = await seen(house);
      assert.deepEqual(
        [...structures(before.advertising)],
        [
          [FLAGS, GENERAL_DISCOVERABLE],
          [UUIDS_128, SERVICE],
          [NAME, Buffer.from("avnode").toString("hex")],
        ],
      );
      await house.claim();
      const after = await seen(house);
      assert.deepEqual(
        [...structures(after.advertising)],
        [
          [FLAGS, GENERAL_DISCOVERABLE],
          [UUIDS_128, SERVICE],
        ],
      );
      // Nor does the name that whoever connects may read, or the answer to a scan.
      assert.deepEqual([after.name, after.scanResponse], ["avnode", ""]);
      await house.powerOff();
      await house.powerOn();
      await house.pass(100);
      assert.equal((await seen(house)).advertising, after.advertising, "after a restart");
    } finally {
      await house.close();
    }
  });
});

describe("a new owner", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("needs the button held ten seconds from power-on: the keys go, and whoever holds the label's code may claim", async () => {
    const house = await household(false);
    try {
      await house.claim();
      const [device] = house.store.reader.devices();
      const alias = Buffer.from(device!.alias, "hex");
      const holdsKeys = () => Buffer.from(house.unit.flash()).includes(alias);
      assert.equal(holdsKeys(), true);

      await house.powerOff();
      await house.powerOn(5000);
      await house.pass(3000);
      assert.equal(holdsKeys(), true, "held too short");

      await house.powerOff();
      await house.powerOn(11_000);
      await house.pass(3000);
      assert.equal(holdsKeys(), false, "the keys are still in flash");
      assert.ok(
        structures((await seen(house)).advertising).has(NAME),
        "it does not say that it has no owner",
      );

      await house.claim();
      const [again] = house.store.reader.devices();
      assert.deepEqual([again!.id, again!.epoch], [toHex(house.identity.device), 2]);
    } finally {
      await house.close();
    }
  });
});
