/** The application on the real interpreter, in virtual time, on pins and a radio that only note what they are told. */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { board } from "../../firmware/board/linux";
import type { BoardSpec } from "../../firmware/board/spec";
import { encodeIdentity } from "../../firmware/identity";
import { toHex } from "../../protocol/bytes";
import { bundle } from "./bundle";
import { Interpreter, interpret, skipUnlessInterpreter } from "./interpreter";

const SPEC: BoardSpec = {
  ...board,
  ring: { ...board.ring, pages: 16 },
  pins: { ...board.pins, pressed: 0, buzzer: "D2", battery: "D8", batteryRatio: 2 },
};

const IDENTITY = toHex(
  encodeIdentity(
    {
      device: new Uint8Array(8).fill(7),
      claimCode: new Uint8Array(16).fill(9),
      certificate: new Uint8Array(200).fill(1),
    },
    crc32,
  ),
);

const PRELUDE = `
  var now = 0, timers = [], ids = 1, log = [], levels = { D0: 1 }, watches = {}, uncaught, flag, kicks = [], seen = 0;
  function note(what) { log.push(Math.round(now) + " " + what); }
  global.getTime = function () { return now / 1000; };
  function due(f, ms, every) { timers.push({ id: ids, at: now + (ms > 0 ? ms : 0), f: f, every: every }); return ids++; }
  global.setTimeout = function (f, ms) { return due(f, ms, 0); };
  global.setInterval = function (f, ms) { return due(f, ms, ms); };
  global.clearTimeout = function (id) { timers = timers.filter(function (t) { return t.id !== id; }); };
  global.clearInterval = clearTimeout;
  function pass(ms) {
    var end = now + ms;
    while (true) {
      var next = undefined;
      timers.forEach(function (t) { if (t.at <= end && (!next || t.at < next.at)) next = t; });
      if (!next) break;
      now = Math.max(now, next.at);
      if (next.every) next.at += next.every; else clearTimeout(next.id);
      try { next.f(); } catch (e) { uncaught(e); }
    }
    now = end;
  }
  process.on = function (e, f) { uncaught = f; };
  E.on = function (e, f) { flag = f; };
  E.reboot = function () { note("reboot"); };
  E.enableWatchdog = function (s, a) { note("watchdog " + s + " " + a); };
  E.kickWatchdog = function () { kicks.push(Math.round(now)); };
  E.getAnalogVRef = function () { return 3.3; };
  global.pinMode = function (p, m) { note(p + " " + m); };
  global.digitalWrite = function (p, v) { if (levels[p] !== v) note(p + "=" + v); levels[p] = v; };
  global.analogWrite = function (p, v) { note(p + "~" + v); levels[p] = v; };
  global.analogRead = function (p) { return 0.6; };
  global.digitalRead = function (p) { return levels[p] || 0; };
  global.setWatch = function (f, p) { watches[p] = f; return 1; };
  global.clearWatch = function (id) {};
  function move(v) { levels.D0 = v; if (watches.D0) watches.D0({ state: v === 1 }); }
  function press(ms) { move(0); pass(ms); move(1); }
  SPI1.setup = function () {}; SPI1.send = function (b) { return new Uint8Array(b.length); };
  var adverts = [];
  global.NRF = {
    setServices: function () {}, setSecurity: function () {}, setConnectionInterval: function () {}, disconnect: function () {}, on: function () {},
    updateServices: function () {}, setAdvertising: function (d, o) { adverts.push(o.showName); }
  };
  function say(v) { print(JSON.stringify(v)); }
  function provision() { var b = new Uint8Array(${IDENTITY.length / 2}), h = "${IDENTITY}"; for (var i = 0; i < b.length; i++) b[i] = parseInt(h.substr(2 * i, 2), 16); require("Storage").write("identity", b); }
  function tell() { var l = log.slice(seen); seen = log.length; return l; }
`;

const images = new Map<BoardSpec, Buffer>();

/** A flash image with the program in it: run from a script it would fill the memory that it is to run in. */
async function programmed(spec: BoardSpec): Promise<Buffer> {
  const known = images.get(spec);
  if (known) return known;
  const program = bundle(
    `import { run } from "../../firmware/espruino/main"; (global as any).start = () => run(${JSON.stringify(spec)} as any);
    import { openFlash } from "../../firmware/espruino/flash"; import { seenNothing, Vault } from "../../firmware/vault";
    (global as any).own = () => {
      const key = new Uint8Array(32);
      new Vault(openFlash(${JSON.stringify(spec.vault)} as any), E.CRC32).save({ epoch: 1, recording: 1, chainKey: key, receiptKey: key, alias: new Uint8Array(8), previousClose: key, leaf: 0, seen: seenNothing(), confirmed: true });
    };`,
    { minify: true },
  );
  const interpreter = new Interpreter();
  try {
    await interpreter.run(`require("Storage").write("program", atob("${btoa(program)}"));`);
    images.set(spec, interpreter.flash()!);
    return images.get(spec)!;
  } finally {
    await interpreter.close();
  }
}

/** @param script what happens around `start()`, in the interpreter's own JavaScript; @returns what it said */
const happen = async (script: string, spec: BoardSpec = SPEC) => {
  const whole = `${PRELUDE} eval(require("Storage").read("program"));\n${script}`;
  const lines = await interpret(whole, { seconds: 60, flash: await programmed(spec) });
  return lines.filter((line) => line).map((line) => (/^avnode: /.test(line) ? line : JSON.parse(line)));
};

describe("the application on the real interpreter", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("refuses another runtime, an older one, and one without Bluetooth, and touches nothing", async () => {
    const script = "start(); pass(60000); say(log); say(require('Storage').list());";
    for (const [spec, prelude, reason] of [
      [{ ...SPEC, runtime: "XIAOBLE" }, "", /built for XIAOBLE, running on LINUX/],
      [{ ...SPEC, runtimeVersion: "2v30" }, "", /is older than 2v30/],
      [{ ...SPEC, runtimeVersion: "3v01" }, "", /is older than 3v01/],
      [SPEC, "delete global.NRF;", /no Bluetooth/],
    ] as const) {
      const [said, log, files] = await happen(`${prelude}provision();${script}`, spec);
      assert.match(said, reason);
      assert.deepEqual([log, files], [[], ["program", "identity"]]);
    }
  });

  it("without an identity shows that, and does nothing else", async () => {
    const [said, log, files, adverts] = await happen(
      "start(); pass(4200); say(tell()); say(require('Storage').list()); say(adverts.length);",
    );
    assert.match(said, /no identity/);
    assert.deepEqual(log, [
      "0 D0 input_pullup",
      "0 D1=0",
      "0 watchdog 30 false",
      // Long, short, short, and no sound.
      "0 D1=1",
      "0 D2=0",
      "800 D1=0",
      "1050 D1=1",
      "1150 D1=0",
      "1400 D1=1",
      "1500 D1=0",
      "3500 D1=1",
    ]);
    assert.deepEqual([files, adverts], [["program"], 0]);
  });

  it("an unclaimed unit advertises by name, asks to be claimed, rests, and asks again when its button is pressed", async () => {
    const [adverts, first, rest, pressed] = await happen(
      `provision(); start(); say(adverts); pass(1300); say(tell().filter(function (l) { return l.indexOf("D1") >= 0 || l.indexOf("D2") >= 0; }));
      pass(120000); tell(); pass(60000); say(tell()); press(200); pass(1000); say(tell().length > 0);`,
    );
    assert.deepEqual(adverts, [true]);
    assert.deepEqual(first, [
      "0 D1=0",
      "0 D1=1",
      "0 D2~0.5",
      "800 D1=0",
      "800 D2=0",
      "1050 D1=1",
      "1050 D2~0.5",
      "1150 D1=0",
      "1150 D2=0",
    ]);
    assert.deepEqual(rest, []);
    assert.equal(pressed, true);
  });

  it("waits for the button that is down at power-on, counts its seconds, and only then begins", async () => {
    const [during, after, wiped] = await happen(
      `provision(); levels.D0 = 0; start(); pass(10500); say([adverts.length, tell().filter(function (l) { return l.indexOf("D1=1") > 0; }).length]);
      levels.D0 = 1; pass(200); say(adverts.length); pass(1000); say(watches.D0 !== undefined);`,
    );
    assert.deepEqual(during, [0, 10]);
    assert.equal(after, 1);
    assert.equal(wiped, true);
  });

  it("a unit with an owner goes by no name, and a dead front end ends its recording and is shown", async () => {
    const [adverts, said, log] = await happen(
      `provision(); own(); start(); say(adverts); pass(10000); tell(); press(100); pass(5000); tell(); pass(1700); say(tell().filter(function (l) { return l.indexOf("D1=1") > 0; }).length); `,
    );
    assert.deepEqual(adverts, [false]);
    assert.match(said, /^avnode: [A-Z_]+: /);
    // Short, long, short.
    assert.ok(log >= 2, `${log}`);
  });

  it("held ten seconds at power-on and let go of, it forgets its owner; held shorter, it does not", async () => {
    const script = (ms: number) =>
      `provision(); own(); levels.D0 = 0; start(); pass(${ms}); levels.D0 = 1; pass(200); say(adverts);`;
    assert.deepEqual(await happen(script(9700)), [[false]]);
    assert.deepEqual(await happen(script(10100)), [[true]]);
    assert.deepEqual(await happen(script(25000)), [[false]]);
  });

  it("kicks the watchdog while it works, and no more after a defect, when it starts anew after ten seconds", async () => {
    const [said, kicks, log] = await happen(
      `provision(); start(); pass(9000); setTimeout(function () { throw new Error("a defect"); }, 500); pass(1000); setTimeout(function () { throw new Error("another"); }, 500);
      pass(30000); say(kicks); say(tell().filter(function (l) { return l.indexOf("reboot") > 0; }));`,
    );
    assert.equal(said, "avnode: Error: a defect");
    // Several at 0: when it is switched on, before, within and behind the boot.
    assert.deepEqual([...new Set(kicks)], [0, 2000, 4000, 6000, 8000]);
    assert.deepEqual(log, ["19500 reboot"]);
  });

  it("kicks the watchdog right before a boot that takes its time, and right behind it", async () => {
    const [kicks] = await happen(
      `provision(); levels.D0 = 0; start(); pass(1300);
      var advertise = NRF.setAdvertising; NRF.setAdvertising = function (d, o) { NRF.setAdvertising = advertise; now += 20000; };
      setTimeout(function () { levels.D0 = 1; }, 50); pass(1000); say(kicks);`,
    );
    const [on, before, ...scanned] = kicks;
    assert.equal(on, 0);
    assert.ok(before > 1300 && before < 2000, `${kicks}`);
    // Within the scan of the ring, which takes no time here; then behind what took twenty seconds.
    const later = scanned.findIndex((ms: number) => ms > before);
    assert.ok(later >= 2, `${kicks}`);
    assert.equal(scanned[later], before + 20_000);
  });

  it("starts anew when memory ran out, and does not for a full queue", async () => {
    const [said, kicks] = await happen(
      `provision(); start(); pass(3000); flag(["FIFO_FULL"]); pass(2000); flag(["MEMORY", "FIFO_FULL"]); pass(9000); say(kicks);`,
    );
    assert.equal(said, "avnode: out of memory");
    assert.deepEqual([...new Set(kicks)], [0, 2000, 4000]);
  });
});
