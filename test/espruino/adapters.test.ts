/** The adapters of firmware/espruino on the real interpreter, whose build for Linux has flash, timers and cryptography, no radio. */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { encodeIdentity } from "../../firmware/identity";
import { nodeCrypto } from "../../gateway/crypto";
import { toHex } from "../../protocol/bytes";
import { Gatt } from "../../protocol/names";
import { bundle } from "./bundle";
import { Interpreter, interpret, skipUnlessInterpreter } from "./interpreter";

const IMAGE_BYTES = 262144;
const CHIP_PAGE = 1024;

/** @param body statements of a program that prints one JSON value a line with `say` */
const said = async (imports: string, body: string, flash?: Uint8Array) => {
  const source = `${imports}\nconst say = (value: unknown) => print(JSON.stringify(value));\n${body}`;
  const lines = await interpret(bundle(source), { flash });
  return lines.filter((line) => line).map((line) => JSON.parse(line));
};

const RING = { kind: "file", address: 0, name: "ring", pages: 6, pageBytes: 4096 };
const VAULT = { kind: "file", address: 0, name: "vault", pages: 2, pageBytes: 1024 };

/** A radio that notes what it is told; `events` has what the firmware listens for. */
const RADIO = `
  var calls = [], events = {}, services, fault = "";
  global.NRF = {
    setServices: function (s, o) { services = s; calls.push(["services", Object.keys(s), o]); },
    setSecurity: function (o) { calls.push(["security", o]); },
    setConnectionInterval: function (ms) { calls.push(["interval", ms]); },
    setAdvertising: function (d, o) { calls.push(["advertising", Object.keys(d), o]); },
    disconnect: function () { calls.push(["disconnect"]); },
    on: function (e, f) { events[e] = f; },
    updateServices: function (u) { if (fault) throw new Error(fault); calls.push(["update", getTime(), u]); }
  };
`;

describe("the adapters on the real interpreter", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  describe("cryptography", () => {
    const USE =
      'import { EspruinoCrypto } from "../../firmware/espruino/crypto"; import { fromHex, toHex } from "../../protocol/bytes";';
    const bytes = (length: number, seed: number) =>
      Uint8Array.from({ length }, (_, i) => (i * 37 + seed) & 255);

    it("answers as Node's does, at every length around a block", async () => {
      const key = bytes(16, 1);
      const nonce = bytes(13, 2);
      const lengths = [0, 1, 15, 16, 17, 31, 32, 55, 56, 63, 64, 65, 127, 128, 250, 2048];
      const answers = await said(
        USE,
        `const c = new EspruinoCrypto(); const key = fromHex("${toHex(key)}"), nonce = fromHex("${toHex(nonce)}");
        const lengths = ${JSON.stringify(lengths)};
        for (let n = 0; n < lengths.length; n++) {
          const whole = new Uint8Array(lengths[n] + 6);
          for (let i = 0; i < lengths[n]; i++) whole[i + 3] = (i * 37 + 9) & 255;
          const data = whole.subarray(3, 3 + lengths[n]);
          const sealed = c.seal(key, nonce, data);
          say([toHex(c.sha256(data)), toHex(c.hmac(key, data)), toHex(c.hmac(data, key)), toHex(sealed),
            toHex(c.open(key, nonce, sealed)!) === toHex(data), sealed.length]);
        }`,
      );
      assert.deepEqual(
        answers,
        lengths.map((length) => {
          const data = bytes(length, 9);
          const sealed = nodeCrypto.seal(key, nonce, data);
          return [
            toHex(nodeCrypto.sha256(data)),
            toHex(nodeCrypto.hmac(key, data)),
            toHex(nodeCrypto.hmac(data, key)),
            toHex(sealed),
            true,
            length + 8,
          ];
        }),
      );
    });

    it("answers undefined to every altered byte and to what is too short, and throws nothing", async () => {
      const program = bundle(
        `${USE} const c = new EspruinoCrypto(); const key = new Uint8Array(16), nonce = new Uint8Array(13);
        const sealed = c.seal(key, nonce, new Uint8Array(20));
        let opened = 0;
        for (let i = 0; i < sealed.length; i++) { sealed[i] ^= 1; if (c.open(key, nonce, sealed)) opened++; sealed[i] ^= 1; }
        for (let n = 0; n < sealed.length; n++) if (c.open(key, nonce, sealed.subarray(0, n))) opened++;
        print("opened " + opened + " " + (c.open(key, nonce, sealed) !== undefined));`,
      );
      // The runtime itself prints an error for each.
      const interpreter = new Interpreter();
      try {
        interpreter.start(program);
        const last = () => interpreter.lines.find((line) => line.startsWith("opened"));
        for (let i = 0; i < 100 && !last(); i++) await setTimeout(50);
        assert.equal(last(), "opened 0 true");
      } finally {
        await interpreter.close();
      }
    });

    it("gives as many random bytes as asked, none of them fixed", async () => {
      const [lengths, ever] = await said(
        USE,
        `const c = new EspruinoCrypto(); const lengths = [], ever = new Uint8Array(21);
        for (let n = 0; n < 22; n++) lengths.push(c.random(n).length);
        for (let n = 0; n < 20; n++) { const r = c.random(21); for (let i = 0; i < 21; i++) ever[i] |= r[i]; }
        say(lengths); say(ever.join());`,
      );
      assert.deepEqual(
        lengths,
        Array.from({ length: 22 }, (_, n) => n),
      );
      // 20 draws leave a bit at 0 with probability 2^-20; rand() of this build has 31 bits.
      const bits = (value: string, i: number) => Number(value) & (i % 4 === 3 ? 0x7f : 0xff);
      assert.ok(
        ever.split(",").every((value: string, i: number) => bits(value, i) > 0x60),
        ever,
      );
    });
  });

  describe("flash", () => {
    const USE = 'import { openFlash } from "../../firmware/espruino/flash";';
    const FILES = `require("Storage").write("first", "abc"); require("Storage").write("gone", "12345");
      require("Storage").erase("gone"); require("Storage").write("identity", "0123456789");`;
    const WRITE = `
      const page = new Uint8Array(4096);
      for (let p = 0; p < ring.pages; p++) {
        for (let i = 0; i < 4096; i += 64) page[i] = p + 1;
        ring.erase(p);
        ring.write(p * 4096, page);
      }`;

    it("stands in a Storage file on whole pages of the chip, and touches nothing else", async () => {
      const interpreter = new Interpreter();
      try {
        await interpreter.run(
          bundle(`${USE} ${FILES} const vault = openFlash(${JSON.stringify(VAULT)} as any);
          const ring = openFlash(${JSON.stringify(RING)} as any); ${WRITE}
          vault.erase(0); vault.write(0, new Uint8Array([1, 2, 3, 4])); vault.write(1024, new Uint8Array([5, 6, 7, 8]));`),
        );
        const image = interpreter.flash()!;
        assert.equal(image.length, IMAGE_BYTES);
        const first = image.indexOf(Buffer.from([1, ...new Array(63).fill(0), 1]));
        assert.equal(first % CHIP_PAGE, 0);
        for (let page = 0; page < 6; page++) assert.equal(image[first + 4096 * page + 64], page + 1);
        assert.equal(image.indexOf(Buffer.from([1, 2, 3, 4, 0xff, 0xff])) % CHIP_PAGE, 0);
        const answers = await said(
          "",
          `const s = require("Storage") as any; say([s.read("first"), s.read("identity"), s.list().join(), s.read("ring").length, s.read("vault").length]);`,
          image,
        );
        assert.deepEqual(answers, [
          ["abc", "0123456789", "first,identity,vault,ring", 6 * 4096 + CHIP_PAGE, 2 * 1024 + CHIP_PAGE],
        ]);
      } finally {
        await interpreter.close();
      }
    });

    it("is found again after a restart, and erased page by page", async () => {
      const interpreter = new Interpreter();
      try {
        await interpreter.run(
          bundle(`${USE} ${FILES} const ring = openFlash(${JSON.stringify(RING)} as any); ${WRITE}`),
        );
        const answers = await said(
          USE,
          `const ring = openFlash(${JSON.stringify(RING)} as any); const heads = () => { const all = []; for (let p = 0; p < 6; p++) all.push(ring.read(p * 4096 + 64, 1)[0] + ring.read(p * 4096 + 4032, 1)[0]); return all.join(); };
          say(heads()); ring.erase(2); say(heads()); say(ring.read(2 * 4096, 4096).join("").length); say(ring.read(0, 0).length);
          ring.write(2 * 4096 + 8, new Uint8Array([9, 8, 7, 6])); say(ring.read(2 * 4096 + 6, 8).join());`,
          interpreter.flash(),
        );
        const erased = 510;
        assert.deepEqual(answers, [
          "2,4,6,8,10,12",
          `2,4,${erased},8,10,12`,
          3 * 4096,
          0,
          "255,255,9,8,7,6,255,255",
        ]);
      } finally {
        await interpreter.close();
      }
    });

    it("refuses a file of another size, and an address without flash", async () => {
      const answers = await said(
        USE,
        `const tried = (region: unknown) => { try { openFlash(region as any); return "opened"; } catch (error) { return "" + error; } };
        require("Storage").write("ring", "", 0, 5000);
        say(tried(${JSON.stringify(RING)})); say(tried(${JSON.stringify({ ...RING, name: "huge", pages: 99 })}));
        say(tried(${JSON.stringify({ ...RING, kind: "pages", address: 4096 })}));`,
      );
      assert.match(answers[0], /ring is not of 25600 bytes/);
      assert.match(answers[1], /Unable to find or create file/);
      assert.match(answers[2], /no flash at 4096/);
    });

    it("is raw pages where the board has free ones", async () => {
      const region = { kind: "pages", address: 0x10000000 + 32 * 1024, name: "", pages: 2, pageBytes: 2048 };
      const answers = await said(
        USE,
        `const flash = openFlash(${JSON.stringify(region)} as any); flash.erase(1); flash.write(2048, new Uint8Array([1, 2, 3, 4]));
        say(require("Flash").read(4, ${region.address + 2048}).join()); say([flash.pages, flash.pageBytes]);`,
      );
      assert.deepEqual(answers, ["1,2,3,4", [2, 2048]]);
    });
  });

  it("the clock runs what is due, forgets what was cancelled, and never runs backwards", async () => {
    const answers = await said(
      'import { Clock } from "../../firmware/espruino/clock";',
      `const clock = new Clock(); const log: string[] = [];
      const first = clock.after(20, () => { log.push("first"); });
      clock.after(40, () => { log.push("second"); first(); first(); clock.after(20, () => { log.push("third"); say(log.join()); }); first(); });
      const never = clock.after(10, () => { log.push("never"); }); never(); never();
      const far = clock.after(5e9, () => { log.push("far"); });
      let last = 0, back = 0; const real = getTime;
      const times = [100, 101.5, 50, 50.25, 49, 200];
      (global as any).getTime = () => times.shift();
      const jumping = new Clock(); const seen = []; for (let i = 0; i < 5; i++) seen.push(Math.round(jumping.uptimeMs())); say(seen);
      (global as any).getTime = real;
      clock.after(100, () => { far(); });`,
    );
    assert.deepEqual(answers, [[1500, 1500, 1750, 1750, 152750], "first,second,third"]);
  });

  describe("radio", () => {
    const SPEC = { notificationBytes: 128, has: { lesc: true } };
    const USE = 'import { EspruinoRadio } from "../../firmware/espruino/radio";';
    const radio = async (body: string, spec: object = SPEC) => {
      const program =
        bundle(`${USE} declare const calls: any[], events: any, services: any; const say = (value: unknown) => print(JSON.stringify(value));
        const radio = new EspruinoRadio(${JSON.stringify(spec)} as any); ${body}`);
      const lines = await interpret(`${RADIO}${program}`);
      return lines.filter((line) => line).map((line) => JSON.parse(line));
    };

    it("offers one service, no UART, no pairing and an address that changes", async () => {
      const [calls, uplink, downlink] = await radio(
        `say(calls); const s = services["${Gatt.service}"]; say(s["${Gatt.uplink}"]); say(s["${Gatt.downlink}"]);`,
      );
      const [security, services, interval] = calls;
      assert.deepEqual(security[1].pair, false);
      assert.deepEqual(security[1].bond, false);
      assert.equal(security[1].privacy.mode, "device_privacy");
      assert.deepEqual(services, ["services", [Gatt.service], { uart: false }]);
      assert.deepEqual(interval, ["interval", 20]);
      assert.deepEqual([uplink.notify, uplink.writable, uplink.maxLen], [true, undefined, 128]);
      assert.deepEqual([downlink.notify, downlink.writable, downlink.security], [undefined, true, undefined]);
    });

    it("advertises by the project's name before a claim, without any after it, and never more than the service", async () => {
      const [, , , unowned, owned] = (
        await radio("radio.advertise(false); radio.advertise(true); say(calls);")
      )[0];
      assert.deepEqual(unowned.slice(0, 2), ["advertising", [Gatt.service]]);
      assert.deepEqual(
        [unowned[2].name, unowned[2].showName, unowned[2].manufacturer],
        ["avnode", true, false],
      );
      assert.deepEqual(owned.slice(0, 2), ["advertising", [Gatt.service]]);
      assert.deepEqual([owned[2].name, owned[2].showName, owned[2].manufacturer], ["avnode", false, false]);
    });

    it("is seen, more often, while it takes nobody", async () => {
      const [seen] = await radio(
        `radio.advertise(true); radio.admit(false); events.connect("x"); events.disconnect(19); radio.admit(true);
        say(calls.filter((call) => call[0] === "advertising").map((call) => [call[2].connectable, call[2].interval]));`,
      );
      assert.deepEqual(seen, [
        [true, 500],
        [false, 100],
        [false, 100],
        [true, 500],
      ]);
    });

    it("advertises anew after a connection, as it did before", async () => {
      const [again] = await radio(
        `radio.advertise(true); calls.splice(0); events.connect("x"); events.disconnect(19); say(calls);`,
      );
      assert.equal(again[0][0], "advertising");
      assert.equal(again[0][2].showName, false);
    });

    it("sends what was agreed on at most, and says hello once notifications are wanted", async () => {
      const answers =
        await radio(`const sizes: number[] = []; let hellos = 0; radio.onConnect = () => { hellos++; };
        const note = () => { sizes.push(radio.notificationBytes()); };
        note(); events.connect("x"); note(); events.mtu(131); note(); events.mtu(247); note(); events.mtu(60); note(); events.mtu(5); note();
        const desc = services["${Gatt.service}"]["${Gatt.uplink}"].onWriteDesc;
        desc({ data: new Uint8Array([1, 0]).buffer }); desc({ data: new Uint8Array([0, 0]).buffer });
        events.disconnect(19); events.connect("x"); note(); say(sizes); say(hellos);`);
      assert.deepEqual(answers, [[20, 20, 128, 128, 57, 20, 20], 3]);
    });

    it("hands on what was written", async () => {
      const answers =
        await radio(`radio.onWrite = (bytes) => { say([bytes.length, bytes[0], bytes[bytes.length - 1]]); };
        services["${Gatt.service}"]["${Gatt.downlink}"].onWrite({ data: new Uint8Array([7, 8, 9]).buffer });`);
      assert.deepEqual(answers, [[3, 7, 9]]);
    });

    it("keeps the order, and takes a stack that refuses for a loss", async () => {
      const answers = await radio(`declare let fault: string; const sent: number[] = [];
        NRF.updateServices = (update: any) => { const value = update["${Gatt.service}"]["${Gatt.uplink}"].value[0]; if (value === 2) throw new Error("BLE_ERROR_INVALID"); sent.push(value); };
        events.connect("x"); for (let i = 0; i < 5; i++) radio.notify(new Uint8Array([i]));
        setTimeout(() => { say(sent); }, 300);`);
      assert.deepEqual(answers, [[0, 1, 3, 4]]);
    });

    it("sends nothing to nobody", async () => {
      const answers = await radio(`calls.splice(0); radio.notify(new Uint8Array([99]));
        events.connect("x"); events.disconnect(19); calls.splice(0); radio.notify(new Uint8Array([99]));
        say(calls.filter((call: any) => call[0] === "update").length);`);
      assert.deepEqual(answers, [0]);
    });

    it("puts the second wall and the Heart Rate Service up only where the board file asks", async () => {
      const spec = { ...SPEC, radio: { secondWall: true, heartRateService: true } };
      const [calls, security, beats] = await radio(
        `say(calls); say(services["${Gatt.service}"]["${Gatt.downlink}"].security);
        events.connect("x"); calls.splice(0); radio.beat(0); radio.beat(800); say(calls[0][2]["180D"]["2A37"].value);`,
        spec,
      );
      assert.deepEqual([calls[0][1].pair, calls[0][1].bond, calls[0][1].lesc], [true, true, true]);
      assert.deepEqual(security, { write: { encrypted: true } });
      assert.deepEqual(calls[1][1], [Gatt.service, "180D"]);
      // 75 a minute; 800 ms are 819.2 parts of 1,024 of a second.
      assert.deepEqual(beats, [0x10, 75, 819 & 255, 819 >> 8]);
      const lacking = await radio("say(calls);", { ...spec, has: { lesc: false } });
      assert.equal(lacking[0][0][1].pair, false);
    });
  });

  it("the identity is read from where the factory left it", async () => {
    const identity = {
      device: new Uint8Array(8).fill(7),
      claimCode: new Uint8Array(16).fill(0xff),
      certificate: new Uint8Array(200).fill(0x80),
      signing: { seed: new Uint8Array(32).fill(3), trees: 8, height: 10 },
    };
    const file = toHex(encodeIdentity(identity, crc32));
    const answers = await said(
      'import { readIdentity } from "../../firmware/espruino/identity"; import { fromHex, toHex } from "../../protocol/bytes";',
      `say(readIdentity() === undefined); (require("Storage") as any).write("identity", fromHex("${file}"));
      const i = readIdentity()!; say([toHex(i.device), toHex(i.claimCode), toHex(i.certificate), toHex(i.signing!.seed), i.signing!.trees]);`,
    );
    assert.deepEqual(answers, [
      true,
      [
        toHex(identity.device),
        toHex(identity.claimCode),
        toHex(identity.certificate),
        toHex(identity.signing.seed),
        8,
      ],
    ]);
  });
});
