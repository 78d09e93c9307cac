/** The boot code on the real interpreter: from its flash, as a unit starts, with nobody but the wire to talk to it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { board as linux } from "../../firmware/board/linux";
import { Word } from "../../firmware/slot";
import { bundleBootCode } from "../../tools/firmware/build";
import { CHUNK, Maker } from "../firmware/maker";
import { bundle } from "./bundle";
import { Interpreter, interpret, skipUnlessInterpreter } from "./interpreter";

/**
 * Files in which it says that it runs, and what it found, its own functions at the top included: nothing of it reaches the
 * wire.
 */
const RAN = "ran.txt";
const APPLICATION = `
  function written(name, text) { require("fs").writeFileSync(name, text); }
  class Sized { constructor() { this.name = "application"; } long() { return "${"x".repeat(2000)}"; } }
  const sized = new Sized();
  written("${RAN}", [sized.name, sized.long().length, E.getConsole(), typeof global.written].join());
  setInterval(function () { written("alive.txt", "" + getTime()); }, 50);
`;
const BOARD = { ...linux, slots: { ...linux.vault, name: "slots", pages: 6, pageBytes: 2048, count: 2 } };
const LOCKED = "application,2000,,function";

/** As the build makes it, for another application. */
const bootCode = (application: string, dev: boolean): string =>
  bundleBootCode({ board: BOARD, dev }, { bytes: application.length, crc32: crc32(application) }).code;

/** A flash image as a factory leaves it. @param inFlash what stands there in the application's place */
async function image(dev = false, inFlash = APPLICATION): Promise<Buffer> {
  const interpreter = new Interpreter();
  try {
    await interpreter.run(
      `var s = require("Storage"); s.write("avnode", atob("${btoa(inFlash)}")); s.write(".bootcde", atob("${btoa(bootCode(APPLICATION, dev))}"));`,
    );
    return interpreter.flash()!;
  } finally {
    await interpreter.close();
  }
}

/** Powers a unit on from that flash, types at it, and says what came of it. */
async function powerOn(
  flash: Buffer,
  type: string[],
): Promise<{ ran: string; alive: boolean; said: string; flash: Buffer }> {
  const interpreter = new Interpreter({ flash });
  try {
    interpreter.open();
    await setTimeout(300);
    const from = interpreter.lines.length;
    for (const line of type) interpreter.send(line);
    await setTimeout(300);
    const told = (name: string) => {
      const path = join(interpreter.folder, name);
      return existsSync(path) ? readFileSync(path, "latin1") : "";
    };
    const before = told("alive.txt");
    await setTimeout(200);
    return {
      ran: told(RAN),
      alive: told("alive.txt") !== before,
      said: interpreter.lines.slice(from).join("\n"),
      flash: interpreter.flash()!,
    };
  } finally {
    await interpreter.close();
  }
}

/** Tries to talk, to break in, and to guess. */
const ATTACK = [
  'print("in",6*7)',
  "\x03\x03\x03",
  'print("in",6*7)',
  "\x1b\x1b",
  "E.setConsole('USB')",
  'require("fs").writeFileSync("ran.txt","attacked")',
  "",
  "0",
  'reset();print("in",6*7)',
];

/** Puts an image into a slot as an update does, its words cleared as they are given. */
const PUT = bundle(
  `import { openFlash } from "../../firmware/espruino/flash"; import { Slots } from "../../firmware/slot";
  (global as any).put = function (slot: number, offer: string, image: string, words: number[]) {
    const slots = new Slots(openFlash(${JSON.stringify(BOARD.slots)} as any), ${BOARD.slots.count}, E.CRC32);
    const code = E.toUint8Array(atob(image));
    slots.writeHead(slot, E.toUint8Array(atob(offer)));
    for (let at = 0; at < code.length; at += ${CHUNK}) slots.write(slot, at, code.subarray(at, Math.min(code.length, at + ${CHUNK})));
    const found = slots.find(slot)!;
    for (let i = 0; i < words.length; i++) slots.clear(found, words[i]);
  };`,
  { minify: true },
);
const maker = new Maker("boot");
const { ready, asked, tried, kept } = Word;

/** Says what it was told, and lives on. */
const updated = (name: string) => `
  function written(name, text) { require("fs").writeFileSync(name, text); }
  written("${RAN}", ["${name}", avnode.counter, avnode.version, avnode.slot, avnode.trial, E.getConsole(), typeof global.written].join());
  setInterval(function () { written("alive.txt", "" + getTime()); }, 50);
`;

interface Put {
  slot: number;
  counter: number;
  code: string;
  words: number[];
}

/** The factory's image with slots behind it. */
async function imageWith(puts: Put[], then = ""): Promise<Buffer> {
  const lines = puts.map(({ slot, counter, code, words }) => {
    const made = maker.release(Buffer.from(code, "latin1"), { counter, version: `0.${counter}.0` });
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
    return `put(${slot},"${base64(made.offer)}","${base64(made.image)}",${JSON.stringify(words)});`;
  });
  const interpreter = new Interpreter({ flash: await image() });
  try {
    await interpreter.run(`${PUT}\n${lines.join("\n")}\n${then}`);
    return interpreter.flash()!;
  } finally {
    await interpreter.close();
  }
}

/** Boots it once more with what the boot before left in flash. */
async function boots(flash: Buffer, times: number): Promise<string[]> {
  const ran: string[] = [];
  let left = flash;
  for (let i = 0; i < times; i++) {
    const unit = await powerOn(left, []);
    ran.push(unit.ran);
    left = unit.flash;
  }
  return ran;
}

describe("the boot code on the real interpreter", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("runs the application with the console gone, and nothing typed is heard", async () => {
    const unit = await powerOn(await image(), ATTACK);
    assert.equal(unit.ran, LOCKED);
    assert.doesNotMatch(unit.said, /in 42/);
    assert.ok(unit.alive, "what was typed stopped the application");
  });

  it("keeps the console in a development build only, so that this test can tell", async () => {
    const unit = await powerOn(await image(true), ATTACK.slice(0, 1));
    assert.equal(unit.ran, "application,2000,USB,function");
    assert.match(unit.said, /in 42/);
  });

  it("runs no application but its own: not one with a byte changed, added, cut off or missing, and stays locked", async () => {
    for (const other of [
      APPLICATION.replace("application", "applicatiom"),
      `${APPLICATION} `,
      APPLICATION.slice(0, -1),
      "print(1)",
    ]) {
      const unit = await powerOn(await image(false, other), ATTACK);
      assert.equal(unit.ran, "");
      assert.doesNotMatch(unit.said, /in 42/);
    }
  });

  it("sets a password that the console has no room for, and takes the UART off the air", async () => {
    const lines = await interpret(
      `var told = []; E.setPassword = function (p) { told.push("password " + p.length); }; E.lockConsole = function () { told.push("locked"); };
      E.setConsole = function (d, o) { told.push("console " + d + " " + JSON.stringify(o)); };
      global.NRF = { disconnect: function () { told.push("disconnect"); }, setServices: function (s, o) { told.push("services " + JSON.stringify([s, o])); } };
      ${bootCode(APPLICATION, false)}
      print(told.join("; "));`,
    );
    const told = lines.find((line) => line.startsWith("password")) ?? "";
    const [password, ...rest] = told.split("; ");
    assert.ok(Number(password!.split(" ")[1]) >= 32, told);
    assert.deepEqual(rest, [
      "locked",
      'console null {"force":true}',
      "disconnect",
      'services [{},{"uart":false}]',
    ]);
  });

  it("leaves the application's functions in flash", async () => {
    const code = `function big() { return "${"y".repeat(20000)}"; }\nglobal.big = big;`;
    const [variables] = await interpret(
      `require("Storage").write("app", atob("${btoa(code)}")); var before = process.memory().usage; eval(require("Storage").read("app")); print(process.memory().usage - before);`,
    );
    // 20,000 bytes in RAM would be a thousand.
    assert.ok(Number(variables) < 20, variables);
  });

  describe("with slots", () => {
    const all = [ready, asked, tried, kept];
    const told = (name: string, counter: number, slot: number, trial: boolean) =>
      `${name},${counter},0.${counter}.0,${slot},${trial},,function`;

    it("runs the newest image that was kept, locked like its own", async () => {
      const old = { slot: 0, counter: 2, code: updated("old"), words: all };
      const flash = await imageWith([old, { slot: 1, counter: 3, code: updated("new"), words: all }]);
      const unit = await powerOn(flash, ATTACK);
      assert.equal(unit.ran, told("new", 3, 1, false));
      assert.doesNotMatch(unit.said, /in 42/);
      assert.ok(unit.alive);
    });

    it("tries an image that was asked for once, and then runs the one before", async () => {
      const old = { slot: 1, counter: 2, code: updated("old"), words: all };
      const flash = await imageWith([
        old,
        { slot: 0, counter: 3, code: updated("new"), words: [ready, asked] },
      ]);
      const before = told("old", 2, 1, false);
      assert.deepEqual(await boots(flash, 3), [told("new", 3, 0, true), before, before]);
      const first = await imageWith([{ slot: 0, counter: 3, code: updated("new"), words: [ready, asked] }]);
      assert.deepEqual(await boots(first, 2), [told("new", 3, 0, true), LOCKED]);
    });

    it("comes back to its own from one that throws, one that is no script, and one that hangs", async () => {
      for (const code of ["throw new Error('x');", "function (", "while (true);"]) {
        const flash = await imageWith([{ slot: 0, counter: 2, code, words: [ready, asked] }]);
        assert.deepEqual(await boots(flash, 2), ["", LOCKED], code);
      }
    });

    it("runs none that was not asked for, was cancelled, or is not whole", async () => {
      for (const words of [[], [ready], [asked], [ready, tried], [ready, asked, tried]]) {
        const flash = await imageWith([{ slot: 0, counter: 2, code: updated("new"), words }]);
        assert.deepEqual(await boots(flash, 1), [LOCKED], words.join());
      }
      for (const words of [[ready, asked], all]) {
        const flash = await imageWith([{ slot: 1, counter: 2, code: updated("changed"), words }]);
        const at = flash.indexOf("changed");
        assert.ok(at > 0);
        flash[at]! ^= 4;
        assert.deepEqual(await boots(flash, 2), [LOCKED, LOCKED], words.join());
      }
    });

    it("runs its own where the slots are rubbish, or not as the board says", async () => {
      const bytes = randomBytes(16384).toString("base64");
      const { pages, pageBytes } = BOARD.slots;
      const rubbish = `var f = require("Flash"); var size = ${pages * pageBytes} + f.getPage(f.getFree()[0].addr).length;
        require("Storage").write("slots", atob("${bytes}").substr(0, size));`;
      for (const script of [rubbish, 'require("Storage").write("slots","short");'])
        assert.deepEqual(await boots(await imageWith([], script), 1), [LOCKED]);
    });
  });
});
