import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type UnitOptions, unitText, unusable } from "../../../gateway/health/unit";
import { scratch } from "../../e2e/rig";
import { skipUnless } from "../../machine";

/** systemd-analyze looks only whether there is such a program, and there is a shell everywhere. */
const BOTH: UnitOptions = {
  node: "/bin/sh",
  program: "/opt/avnode/dist/avnode.js",
  roles: ["relay", "store"],
  writes: [],
};
const UNITS: [string, UnitOptions, number][] = [
  ["the whole hub", BOTH, 30],
  [
    "the hub with a configuration",
    { ...BOTH, config: "/etc/avnode.yaml", writes: ["/srv/avnode", "/media/stick"] },
    30,
  ],
  ["a relay", { ...BOTH, roles: ["relay"], config: "/etc/avnode.yaml" }, 30],
  ["a store", { ...BOTH, roles: ["store"] }, 20],
];

/** The values of a setting, in order. */
function settings(text: string, name: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

describe("systemd unit", function () {
  const folder = scratch();

  it("gives the radio two rights, and a store none", () => {
    const [both, store] = [unitText(BOTH), unitText({ ...BOTH, roles: ["store"] })];
    for (const name of ["CapabilityBoundingSet", "AmbientCapabilities"]) {
      assert.deepEqual(settings(both, name), ["CAP_NET_RAW CAP_NET_ADMIN"]);
      assert.deepEqual(settings(store, name), [""]);
    }
    assert.deepEqual(settings(both, "PrivateUsers"), []);
    assert.deepEqual(settings(store, "PrivateUsers"), ["yes"]);
    assert.match(settings(both, "RestrictAddressFamilies")[0]!, /AF_BLUETOOTH/);
    assert.doesNotMatch(settings(store, "RestrictAddressFamilies")[0]!, /AF_BLUETOOTH/);
    assert.deepEqual(settings(both, "MemoryDenyWriteExecute"), []);
  });

  it("takes no path that the service would not see or systemd would read otherwise", () => {
    for (const path of ["/opt/avnode/avnode.js", "/homes/a", "/usr/bin/node", "/srv/ü"])
      assert.equal(unusable(path), undefined);
    for (const path of [
      "/home/me/a.js",
      "/root",
      "/tmp/a",
      "a.js",
      "/opt/a b",
      "/opt/%h",
      "/opt/$A",
      "/a\nb",
    ])
      assert.ok(unusable(path), path);
  });

  describe("as systemd reads it", () => {
    before(function () {
      const { status } = spawnSync("systemd-analyze", ["--version"]);
      skipUnless(status === 0, this, "systemd-analyze (Debian: systemd)");
    });

    for (const [name, options, threshold] of UNITS) {
      it(`${name}: nothing to object to, exposed to ${threshold / 10} of 10 at most`, () => {
        const file = join(folder, "avnode.service");
        writeFileSync(file, unitText(options));
        const verify = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
        // Other units of the machine are its own affair.
        const objections = verify.stderr.split("\n").filter((line) => line.includes("avnode"));
        assert.deepEqual(objections, []);
        const words = ["security", "--offline=true", `--threshold=${threshold}`, "--no-pager", file];
        const security = spawnSync("systemd-analyze", words, { encoding: "utf8" });
        assert.equal(security.status, 0, security.stdout + security.stderr);
      });
    }

    it("would object to a misspelt setting", () => {
      const file = join(folder, "avnode.service");
      writeFileSync(file, unitText(BOTH).replace("WatchdogSec=", "WatchdogSecs="));
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
      assert.match(stderr, /avnode\.service.*WatchdogSecs/);
    });
  });
});
