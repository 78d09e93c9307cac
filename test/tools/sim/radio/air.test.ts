/** Expected bytes are written out from the Core Specification 5.4, Vol 4, Part E. */
import assert from "node:assert/strict";
import { Air, type AirSettings } from "../../../../tools/sim/radio/air";
import { Random } from "../../../../tools/sim/random";
import { AirTime, HexHost } from "./airtime";

const HUB = "c0:00:00:00:00:01";
const UNIT = "c0:00:00:00:00:02";
const OTHER = "c0:00:00:00:00:03";
const HUB_LE = "0100000000c0";
const UNIT_LE = "0200000000c0";

const ALL_EVENTS = ["01 010c 08 ffffffffffffff3f", "01 0120 08 7f00000000000000"];
/** 100 ms, connectable, public. */
const ADVERTISE = [
  "01 0620 0f a000 a000 00 00 00 000000000000 07 00",
  `01 0820 20 03 020106 ${"00".repeat(28)}`,
  "01 0920 20 04 03094142" + "00".repeat(27),
  "01 0a20 01 01",
];
/** Active, always listening. */
const SCAN = ["01 0b20 07 01 1200 1200 00 00", "01 0c20 02 01 00"];
/** Interval 22.5 ms, supervision 4 s, always listening. */
function connectTo(address: string): string {
  return `01 0d20 19 6000 6000 00 00 ${address} 00 0600 1200 0000 9001 0000 0000`;
}
const LINK_DATA = "1200 0000 9001";

describe("Simulated air", () => {
  let time: AirTime;
  let air: Air;
  let hub: HexHost;
  let unit: HexHost;

  function begin(settings: Partial<AirSettings> = {}): void {
    time = new AirTime();
    air = new Air(time, new Random(7), settings);
    hub = host(HUB);
    unit = host(UNIT);
  }

  function host(address: string): HexHost {
    const made = new HexHost(time, air, address);
    for (const mask of ALL_EVENTS) made.send(mask);
    made.take();
    return made;
  }

  function link(): void {
    for (const command of ADVERTISE) unit.send(command);
    hub.send(connectTo(UNIT_LE));
    time.pass(0);
    assert.equal(air.links().length, 1);
    hub.take();
    unit.take();
  }

  beforeEach(() => begin());

  it("answers as a controller does while a host sets it up", () => {
    const dialogue: [command: string, events: string[]][] = [
      ["01 030c 00", ["040e0401030c00"]],
      ["01 0110 00", ["040e0c0101100009000009ffff0000"]],
      ["01 0910 00", [`040e0a01091000${HUB_LE}`]],
      ["01 0220 00", ["040e0701022000fb0008"]],
      ["01 0320 00", ["040e0c010320002000000000000000"]],
      ["01 2f20 00", ["040e0c012f2000fb004808fb004808"]],
      ["01 6d0c 02 0100", ["040e04016d0c00"]],
      ["01 6c0c 00", ["040e06016c0c000100"]],
      // a command that no controller knows, one of the wrong length, and one that is not its turn
      ["01 33fc 00", ["040f0401 0133fc".replace(" ", "")]],
      ["01 0c20 01 01", ["040e04010c2012"]],
      ["01 0e20 00", ["040e04010e200c"]],
      // nobody's handle
      ["01 0604 03 4000 13", ["040f0402010604"]],
      ["01 0514 02 4000", ["040e070105140240 0000".replace(" ", "")]],
    ];
    for (const [command, events] of dialogue) {
      hub.send(command);
      assert.deepEqual(hub.take(), events, command);
    }
  });

  it("reports an advertiser with its scan response, every interval and up to 10 ms later", () => {
    for (const command of SCAN) hub.send(command);
    for (const command of ADVERTISE) unit.send(command);
    hub.take();
    time.pass(10_000);
    const advertisements = hub.heard.filter(({ hex }) => hex.startsWith("043e0f0201"));
    assert.equal(advertisements[0]!.hex, `043e0f020100 00${UNIT_LE}03020106c9`.replace(" ", ""));
    const [first] = hub.heard.filter(({ hex }) => hex.startsWith("043e10"));
    assert.equal(first!.hex, `043e10020104 00${UNIT_LE}0403094142c9`.replace(" ", ""));
    const pauses = advertisements.slice(1).map(({ at }, i) => at - advertisements[i]!.at);
    assert.ok(
      pauses.every((ms) => ms >= 100 && ms <= 110),
      `${Math.min(...pauses)} to ${Math.max(...pauses)} ms`,
    );
    assert.ok(pauses.length > 90);
  });

  it("reports nothing to a host whose masks are those after a reset", () => {
    hub.send("01 030c 00");
    for (const command of SCAN) hub.send(command);
    for (const command of ADVERTISE) unit.send(command);
    hub.take();
    time.pass(1000);
    assert.deepEqual(hub.take(), []);
  });

  it("reports each advertiser once where duplicates are filtered, again after the scan began anew", () => {
    for (const command of ADVERTISE) unit.send(command);
    hub.send(SCAN[0]!);
    hub.send("01 0c20 02 01 01");
    time.pass(1000);
    assert.equal(hub.among("043e").length, 2);
    hub.send("01 0c20 02 00 00");
    hub.send("01 0c20 02 01 01");
    time.pass(1000);
    assert.equal(hub.among("043e").length, 2);
  });

  it("hears by its window: half of the time, half of the advertisements", () => {
    for (const command of ADVERTISE) unit.send(command);
    hub.send("01 0b20 07 00 2000 1000 00 00");
    hub.send("01 0c20 02 01 00");
    time.pass(100_000);
    const heard = hub.among("043e").length;
    assert.ok(heard > 380 && heard < 580, `${heard} of about 950`);
  });

  it("connects when the peer advertises, tells both who they are, and the peer advertises no more", () => {
    hub.send(connectTo(UNIT_LE));
    time.pass(60_000);
    assert.deepEqual(hub.take(), ["040f0400010d20"]);
    for (const command of ADVERTISE) unit.send(command);
    unit.take();
    time.pass(0);
    assert.deepEqual(hub.take(), [`043e13010040000000${UNIT_LE}${LINK_DATA}00`.replaceAll(" ", "")]);
    assert.deepEqual(unit.take(), [`043e13010040000100${HUB_LE}${LINK_DATA}00`.replaceAll(" ", "")]);
    const other = host(OTHER);
    for (const command of SCAN) other.send(command);
    other.take();
    time.pass(1000);
    assert.deepEqual(other.take(), []);
    assert.equal(time.timers, 0);
  });

  it("gives a connect up when it is cancelled, with the failure that follows", () => {
    hub.send(connectTo(UNIT_LE));
    hub.take();
    hub.send("01 0e20 00");
    assert.deepEqual(hub.take(), ["040e04010e2000", `043e130102${"00".repeat(17)}`]);
    for (const command of ADVERTISE) unit.send(command);
    time.pass(1000);
    assert.equal(air.links().length, 0);
  });

  it("refuses connections with parameters outside the limits, to whom one stands, and while one is under way", () => {
    const refused: [what: string, command: string, status: string][] = [
      ["supervision 100 ms at latency 4", connectTo(UNIT_LE).replace("0000 9001", "0400 0a00"), "12"],
      ["interval 5 ms", connectTo(UNIT_LE).replace("0600 1200", "0400 0400"), "12"],
      ["smallest above longest interval", connectTo(UNIT_LE).replace("0600 1200", "1300 1200"), "12"],
    ];
    for (const [what, command, status] of refused) {
      hub.send(command);
      assert.deepEqual(hub.take(), [`040f04${status}010d20`], what);
    }
    link();
    hub.send(connectTo(UNIT_LE));
    assert.deepEqual(hub.take(), ["040f040b010d20"]);
    hub.send(connectTo("0900000000c0"));
    hub.send(connectTo("0900000000c0"));
    assert.deepEqual(hub.take(), ["040f0400010d20", "040f040c010d20"]);
  });

  it("lets one of two win a peripheral; the other's request stands until it advertises again", () => {
    const rival = host(OTHER);
    hub.send(connectTo(UNIT_LE));
    rival.send(connectTo(UNIT_LE));
    for (const command of ADVERTISE) unit.send(command);
    time.pass(1000);
    assert.equal(air.links().length, 1);
    unit.send("01 0a20 01 01");
    time.pass(1000);
    assert.deepEqual(new Set(air.links().map(({ central }) => central)), new Set([HUB, OTHER]));
    // the unit's second handle
    assert.equal(unit.among("043e130100").length, 2);
  });

  it("refuses more links than it can hold", () => {
    begin({ linksPerController: 1 });
    link();
    hub.send(connectTo("0900000000c0"));
    assert.deepEqual(hub.take(), ["040f0409010d20"]);
  });

  it("sends six packets a connection event and returns their buffers when they arrived", () => {
    link();
    // L2CAP to ATT: a notification of two bytes
    const sent = Array.from({ length: 8 }, (_, i) => `02 4000 0900 0500 0400 1b0300aa0${i}`);
    for (const packet of sent) unit.send(packet);
    time.pass(22.4);
    assert.deepEqual(hub.take(), []);
    assert.deepEqual(unit.take(), []);
    time.pass(0.1);
    assert.deepEqual(
      hub.take(),
      sent.slice(0, 6).map((packet) => packet.replaceAll(" ", "").replace("024000", "024020")),
    );
    assert.deepEqual(unit.take(), ["0413050140000600"]);
    time.pass(22.5);
    assert.equal(hub.take().length, 2);
    assert.deepEqual(unit.take(), ["0413050140000200"]);
    assert.equal(time.timers, 0);
  });

  it("keeps fragments of a PDU in order and marks them", () => {
    link();
    unit.send("02 4000 0600 0900 0400 1b03");
    unit.send("02 4010 0700 00 010203040506");
    hub.send("02 4000 0600 0200 0400 0a0b");
    time.pass(22.5);
    assert.deepEqual(
      hub.among("02").map(({ hex }) => hex),
      ["0240200600090004001b03", "0240100700" + "00010203040506"],
    );
    assert.deepEqual(
      unit.among("02").map(({ hex }) => hex),
      ["0240200600020004000a0b"],
    );
  });

  it("needs ten PDUs of 27 octets for a packet of 251, one after the length was extended", () => {
    link();
    const full = `02 4000 fb00 f700 0400 ${"5a".repeat(247)}`;
    unit.send(full);
    time.pass(22.5);
    assert.equal(hub.take().length, 0);
    time.pass(22.5);
    assert.equal(hub.take().length, 1);
    unit.take();

    unit.send("01 2220 06 4000 fb00 4808");
    assert.deepEqual(unit.take(), ["040e060122200040 00".replace(" ", ""), "043e0b074000fb0048081b004801"]);
    assert.deepEqual(hub.take(), ["043e0b0740001b004801fb004808"]);
    unit.send(full);
    time.pass(22.5);
    assert.equal(hub.take().length, 1);
  });

  it("sends no more in an event than there is time for before the next", () => {
    begin({ packetsPerEvent: 20, aclPackets: 20 });
    for (const command of ADVERTISE) unit.send(command);
    // 7.5 ms
    hub.send(connectTo(UNIT_LE).replace("0600 1200", "0600 0600"));
    time.pass(0);
    unit.send("01 2220 06 4000 fb00 4808");
    hub.take();
    for (let i = 0; i < 20; i++) unit.send(`02 4000 fb00 f700 0400 ${"5a".repeat(247)}`);
    time.pass(7.5);
    // 2.12 ms each, and 0.38 ms for the pauses and the acknowledgement
    assert.equal(hub.among("02").length, 3);
  });

  it("refuses packets for which it offered no buffer", () => {
    link();
    for (let i = 0; i < 9; i++) unit.send("02 4000 0500 0100 0400 aa");
    assert.deepEqual(unit.take(), ["041a0101"]);
    time.pass(100);
    assert.equal(hub.among("02").length, 8);
  });

  it("holds packets back while the host does not read, and loses none", () => {
    link();
    hub.congested = true;
    for (let i = 0; i < 8; i++) unit.send(`02 4000 0500 0100 0400 0${i}`);
    time.pass(2000);
    assert.deepEqual([hub.take(), unit.take()], [[], []]);
    hub.congested = false;
    time.pass(45);
    assert.equal(hub.among("02").length, 8);
  });

  it("repeats what was lost: later, in order, nothing missing", () => {
    begin({ loss: 0.3 });
    link();
    const values: string[] = [];
    for (let i = 0; i < 200; i++) {
      const value = i.toString(16).padStart(2, "0");
      values.push(`024020050001000400${value}`);
      unit.send(`02 4000 0500 0100 0400 ${value}`);
      time.pass(22.5);
    }
    time.pass(2000);
    assert.deepEqual(
      hub.among("02").map(({ hex }) => hex),
      values,
    );
    const repeats = air.links()[0]!.repeats[1];
    assert.ok(repeats > 40 && repeats < 140, `${repeats} repeats`);
  });

  it("tells the one who disconnects 0x16, its peer the reason, at the next event", () => {
    link();
    hub.send("01 0604 03 4000 13");
    assert.deepEqual(hub.take(), ["040f0400010604"]);
    time.pass(22.5);
    assert.deepEqual(hub.take(), ["0405040040 0016".replace(" ", "")]);
    assert.deepEqual(unit.take(), ["04050400400013"]);
    assert.equal(time.timers, 0);
    assert.deepEqual(air.stats().disconnects, { 19: 1 });
    // the handle is nobody's again
    hub.send("02 4000 0500 0100 0400 aa");
    time.pass(1000);
    assert.deepEqual(unit.take(), []);
  });

  it("reports a peer that vanished by 0x08, when the supervision timeout is over and not before", () => {
    link();
    time.pass(500);
    unit.controller.detach();
    time.pass(3999);
    assert.deepEqual(hub.take(), []);
    time.pass(1);
    assert.deepEqual(hub.take(), ["04050400400008"]);
    assert.equal(time.timers, 0);
  });

  it("tells both when a link is cut; who asked for the end itself was told so", () => {
    link();
    air.cut(UNIT);
    hub.send("01 0604 03 4000 13");
    hub.take();
    time.pass(4000);
    assert.deepEqual(hub.take(), ["04050400400016"]);
    assert.deepEqual(unit.take(), ["04050400400008"]);
  });

  it("forgets its links at a reset without telling the peer, which waits for its timeout", () => {
    link();
    hub.send("01 030c 00");
    assert.deepEqual(hub.take(), ["040e0401030c00"]);
    time.pass(3999);
    assert.deepEqual(unit.take(), []);
    time.pass(1);
    assert.deepEqual(unit.take(), ["04050400400008"]);
    assert.deepEqual(hub.take(), []);
  });

  it("survives a jam shorter than the supervision timeout, not a longer one", () => {
    link();
    air.jam(UNIT, 3900);
    unit.send("02 4000 0500 0100 0400 aa");
    time.pass(3899);
    assert.deepEqual(hub.take(), []);
    time.pass(30);
    assert.equal(hub.among("02").length, 1);
    air.jam(HUB, 4100);
    time.pass(4000);
    assert.deepEqual(hub.take(), ["04050400400008"]);
  });

  it("takes new parameters over six events later and tells both", () => {
    link();
    // 45 ms, supervision 6 s
    hub.send("01 1320 0e 4000 2400 2400 0000 5802 0000 0000");
    assert.deepEqual(hub.take(), ["040f0400011320"]);
    time.pass(134);
    assert.deepEqual(unit.take(), []);
    time.pass(1);
    const update = "043e0a0300400024000000 5802".replace(" ", "");
    assert.deepEqual([hub.take(), unit.take()], [[update], [update]]);
    unit.send("02 4000 0500 0100 0400 aa");
    time.pass(44.9);
    assert.deepEqual(hub.take(), []);
    time.pass(0.1);
    assert.equal(hub.take().length, 1);
    assert.equal(air.links()[0]!.supervisionMs, 6000);
    // the peripheral's controller has no procedure for it
    unit.take();
    unit.send("01 1320 0e 4000 2400 2400 0000 5802 0000 0000");
    assert.deepEqual(unit.take(), ["040f040c011320"]);
  });

  it("keeps a connect to a deaf peripheral waiting though it advertises", () => {
    air.deafen(UNIT, true);
    for (const command of ADVERTISE) unit.send(command);
    for (const command of SCAN) hub.send(command);
    hub.send(connectTo(UNIT_LE));
    hub.take();
    time.pass(60_000);
    const heard = hub.take();
    assert.ok(
      heard.length > 1000 && heard.every((hex) => hex.startsWith("043e") && hex.slice(6, 8) === "02"),
    );
    air.deafen(UNIT, false);
    time.pass(200);
    assert.equal(hub.among("043e1301").length, 1);
  });

  it("swallows the ATT requests it is told to with all their fragments, and credits them; or answers in the peer's name", () => {
    link();
    air.swallow(UNIT, 0x10);
    hub.send("02 4000 0600 0700 0400 1001");
    hub.send("02 4010 0500 00ffff0028");
    hub.send("02 4000 0500 0100 0400 0a");
    time.pass(22.5);
    assert.deepEqual(unit.take(), ["02402005000100040" + "00a"]);
    assert.deepEqual(hub.take(), ["0413050140000300"]);
    air.refuse(UNIT, 0x12, 0x0e);
    hub.send("02 4000 0900 0500 0400 1205000100");
    time.pass(22.5);
    assert.deepEqual(
      hub.among("02").map(({ hex }) => hex),
      ["02402009000500040001120500" + "0e"],
    );
    air.swallow(UNIT);
    hub.send("02 4000 0900 0500 0400 1205000100");
    time.pass(22.5);
    assert.equal(unit.among("02").length, 1);
    assert.equal(air.stats().swallowed, 2);
  });

  it("takes an adapter away and gives it back", () => {
    link();
    air.vanish(HUB);
    assert.equal(hub.closed, true);
    assert.throws(() => host(HUB), /gone/);
    time.pass(4000);
    assert.deepEqual(unit.take(), ["04050400400008"]);
    air.restore(HUB);
    hub = host(HUB);
    unit.send("01 0a20 01 01");
    hub.send(connectTo(UNIT_LE));
    time.pass(200);
    assert.equal(air.links().length, 1);
  });

  it("lets a scan die silently until that which cures it", () => {
    for (const command of ADVERTISE) unit.send(command);
    const restart = ["01 0c20 02 00 00", "01 0c20 02 01 00"];
    const reset = ["01 030c 00", ...ALL_EVENTS, ...SCAN];
    const heardAfter = (commands: string[]): boolean => {
      for (const command of commands) hub.send(command);
      hub.take();
      time.pass(500);
      return hub.take().length > 0;
    };
    assert.equal(heardAfter(SCAN), true);
    air.benumb(HUB, "scan");
    assert.equal(heardAfter([]), false);
    assert.equal(heardAfter(restart), true);
    air.benumb(HUB, "reset");
    assert.equal(heardAfter(restart), false);
    assert.equal(heardAfter(reset), true);
    air.benumb(HUB, "reopen");
    assert.equal(heardAfter(reset), false);
    hub.controller.detach();
    hub = host(HUB);
    assert.equal(heardAfter(SCAN), true);
  });

  it("knows how strongly two hear each other, and whether at all", () => {
    air.signal(UNIT, HUB, -81);
    link();
    hub.send("01 0514 02 4000");
    assert.deepEqual(hub.take(), ["040e07010514004000af"]);
    air.signal(HUB, UNIT, null);
    time.pass(4000);
    assert.deepEqual(hub.take(), ["04050400400008"]);
    for (const command of SCAN) hub.send(command);
    unit.send("01 0a20 01 01");
    hub.take();
    time.pass(1000);
    assert.deepEqual(hub.take(), []);
  });

  it("lets a device go on under another address; its links stand", () => {
    link();
    air.readdress(UNIT, OTHER);
    unit.send("01 0a20 01 01");
    for (const command of SCAN) hub.send(command);
    hub.take();
    unit.send("02 4000 0500 0100 0400 aa");
    time.pass(200);
    const heard = hub.take();
    assert.ok(heard.some((hex) => hex.startsWith("02")));
    assert.ok(heard.some((hex) => hex.startsWith("043e0f020100000300000000c0")));
  });

  it("hands a host a packet on a handle that nobody opened", () => {
    air.inject(HUB, 0x0055, Buffer.from("0300 0400 1b0300".replaceAll(" ", ""), "hex"));
    assert.deepEqual(hub.take(), ["0255200700" + "030004001b0300"]);
  });

  it("delays by the cable, in order", () => {
    begin({ transportMs: [5, 25] });
    for (const command of ADVERTISE) unit.send(command);
    hub.send(connectTo(UNIT_LE));
    time.pass(100);
    hub.take();
    const values: string[] = [];
    for (let i = 0; i < 100; i++) {
      values.push(`0240200500010004${"00"}${i.toString(16).padStart(2, "0")}`);
      unit.send(`02 4000 0500 0100 0400 ${i.toString(16).padStart(2, "0")}`);
      time.pass(22.5);
    }
    time.pass(100);
    assert.deepEqual(
      hub.among("02").map(({ hex }) => hex),
      values,
    );
  });

  it("leaves no timer when it closes", () => {
    link();
    unit.send("01 0a20 01 01");
    air.jam(OTHER, 1000);
    unit.send("02 4000 0500 0100 0400 aa");
    air.cut(UNIT);
    assert.ok(time.timers > 0);
    air.close();
    assert.equal(time.timers, 0);
    assert.equal(air.links().length, 0);
  });
});
