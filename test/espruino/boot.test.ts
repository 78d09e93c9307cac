/** The boot code on the real interpreter: from its flash, as a unit starts, with nobody but the wire to talk to it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { bundle } from "../../tools/firmware/bundle";
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
const LOCKED = "application,2000,,function";

/** As the build makes it, for another application. */
function bootCode(application: string, dev: boolean): string {
  const root = join(__dirname, "../..");
  const sourceFile = "firmware/espruino/boot.ts";
  const define = {
    APP_CRC: String(crc32(application)),
    APP_LENGTH: String(application.length),
    DEV: String(dev),
  };
  const source = readFileSync(join(root, sourceFile), "utf8");
  return bundle({ root, source, sourceFile, file: "bootcde.js", define }).code;
}

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
): Promise<{ ran: string; alive: boolean; said: string }> {
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
});
