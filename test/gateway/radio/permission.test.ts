import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { presentAdapters } from "../../../gateway/radio/adapters";
import { adviceFor, adviser, surroundings } from "../../../gateway/radio/permission";

const QUIET = { node: "/opt/node/bin/node", exclusive: false, bluetoothd: false, mayUseRadio: true };

describe("advice about an adapter", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "av-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("says nothing where nothing is wrong", () => {
    assert.equal(adviceFor("hci0", "on", QUIET), undefined);
    assert.equal(adviceFor("hci0", "starting", QUIET), undefined);
  });

  it("gives the exact command that grants the right, and how not to grant it to every script", () => {
    const advice = adviceFor("hci0", "no-permission", QUIET)!;
    assert.match(
      advice,
      /run: sudo setcap 'cap_net_raw,cap_net_admin\+eip' \/opt\/node\/bin\/node and start it again/,
    );
    assert.match(advice, /AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN/);
    assert.equal(advice.includes("\n"), false);
    // Stacks call a socket that they may not open by other names.
    assert.equal(adviceFor("hci0", "gone", { ...QUIET, mayUseRadio: false }), advice);
  });

  it("says how an adapter is switched on, or had alone", () => {
    assert.match(adviceFor("hci1", "off", QUIET)!, /rfkill unblock bluetooth; sudo hciconfig hci1 up$/);
    const alone = { ...QUIET, exclusive: true, bluetoothd: true };
    assert.match(adviceFor("hci1", "gone", alone)!, /systemctl stop bluetooth; sudo hciconfig hci1 down$/);
    assert.equal(adviceFor("hci1", "on", alone), undefined);
  });

  it("names the daemon that fights for the adapter", () => {
    assert.match(
      adviceFor("hci0", "on", { ...QUIET, bluetoothd: true })!,
      /^bluetoothd uses hci0 too.*ends those of keyboards.*radio\.exclusive: true/,
    );
  });

  it("knows an adapter that is the daemon's as well", () => {
    const beside = { ...QUIET, bluetoothd: true };
    const sharedIn = (around: typeof QUIET, id = "hci0") =>
      adviser({ now: () => 0 }, () => around).isShared(id);
    assert.equal(sharedIn(beside), true);
    assert.equal(sharedIn({ ...beside, exclusive: true }), false);
    assert.equal(sharedIn(QUIET), false);
    assert.equal(sharedIn(beside, "unix:/run/air"), false);
  });

  it("looks at the machine once a minute at most, and not at all for a socket", () => {
    let [now, looks] = [0, 0];
    const around = { ...QUIET };
    const { advise, isShared } = adviser({ now: () => now }, () => {
      looks++;
      return { ...around };
    });
    assert.equal(advise("unix:/run/air.sock", "off"), undefined);
    assert.equal(isShared("unix:/run/air.sock"), false);
    assert.equal(looks, 0);
    for (; now < 60_000; now += 1000) assert.equal(advise("hci0", "on"), undefined);
    assert.equal(looks, 1);
    around.bluetoothd = true;
    assert.match(advise("hci0", "on")!, /^bluetoothd uses hci0 too/);
    assert.equal(looks, 2);
    // A clock that was set back does not hide the machine.
    now = -3_600_000;
    advise("hci0", "on");
    assert.equal(looks, 3);
  });

  it("reads rights and daemons from the kernel's own files", () => {
    const proc = (capEff: string, daemon: string) => {
      mkdirSync(join(dir, "self"), { recursive: true });
      mkdirSync(join(dir, "412"), { recursive: true });
      writeFileSync(join(dir, "self", "status"), `Name:\tnode\nCapEff:\t${capEff}\nSeccomp:\t0\n`);
      writeFileSync(join(dir, "412", "comm"), `${daemon}\n`);
      return surroundings(false, dir);
    };
    // capability(7): 12 is CAP_NET_ADMIN, 13 is CAP_NET_RAW.
    assert.deepEqual(proc("0000000000003000", "bluetoothd"), {
      node: realpathSync(process.execPath),
      exclusive: false,
      bluetoothd: true,
      mayUseRadio: true,
    });
    assert.equal(proc("0000000000001000", "sshd").mayUseRadio, false);
    assert.equal(proc("0000000000002000", "sshd").mayUseRadio, false);
    assert.equal(proc("000001ffffffffff", "sshd").mayUseRadio, true);
    assert.equal(proc("0000000000003000", "sshd").bluetoothd, false);
    assert.equal(surroundings(false, join(dir, "none")).mayUseRadio, undefined);
  });

  it("lists the kernel's adapters without their links, and of the wanted ones those that are there", () => {
    for (const name of ["hci10", "hci2", "hci2:64", "hci0"]) mkdirSync(join(dir, name));
    const socket = join(dir, "air.sock");
    writeFileSync(socket, "");
    assert.deepEqual(presentAdapters(undefined, dir), ["hci0", "hci2", "hci10"]);
    assert.deepEqual(presentAdapters(undefined, join(dir, "none")), []);
    const wanted = [`unix:${socket}#aa:bb:cc:dd:ee:01`, "unix:/nowhere.sock", "hci2", "hci7"];
    assert.deepEqual(presentAdapters(wanted, dir), [wanted[0], "hci2"]);
  });
});
