import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../../gateway/config/config";
import { readSettings, writeSettings } from "../../../gateway/config/settings";

const SOURCE = `# The hub in the hall
name: hall # as the log says
broker:
  url: mqtts://broker.home:8883 # elsewhere
  username: avnode
  password: secret
homeAssistant:
  discovery: true
  prefix: house
`;

describe("settings in the configuration file", () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-settings-"));
    file = join(dir, "avnode.yaml");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("are changed, and every other line and comment stays", () => {
    writeFileSync(file, SOURCE, { mode: 0o600 });
    assert.deepEqual(readSettings(file).homeAssistant, { discovery: true, values: undefined });
    writeSettings(file, {
      logLevel: "warn",
      backup: { dir: "/media/stick", everyHours: 24 },
      homeAssistant: { discovery: true, values: true },
    });
    const text = readFileSync(file, "utf8");
    for (const kept of ["url: mqtts://broker.home:8883 # elsewhere", "password: secret", "prefix: house"])
      assert.ok(text.includes(kept), kept);
    assert.doesNotMatch(text, /hall #/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readConfig(file), {
      ...{ logLevel: "warn", backup: { dir: "/media/stick", everyHours: 24 } },
      broker: { url: "mqtts://broker.home:8883", username: "avnode", password: "secret" },
      homeAssistant: { discovery: true, values: true, prefix: "house" },
    });
  });

  it("begin a file that is not there, for its owner alone, and go on from an empty one", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(readSettings(file))), {});
    writeSettings(file, { name: "hall" });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readConfig(file), { name: "hall" });
    writeSettings(file, {});
    assert.deepEqual(readConfig(file), {});
  });

  it("are written to the file itself where its name is a link", () => {
    writeFileSync(file, "name: a\n");
    const link = join(dir, "link.yaml");
    symlinkSync(file, link);
    writeSettings(link, { name: "b" });
    assert.match(readFileSync(file, "utf8"), /name: b/);
    assert.ok(statSync(link).isFile());
  });

  it("are refused where they would not be read again, or nothing can be written, and the file stays", function () {
    writeFileSync(file, SOURCE, { mode: 0o600 });
    assert.throws(() => writeSettings(file, { backup: { dir: "", everyHours: 24 } }), { code: "CONFIG" });
    assert.equal(readFileSync(file, "utf8"), SOURCE);
    if (process.getuid?.() === 0) this.skip();
    chmodSync(dir, 0o500);
    assert.throws(() => writeSettings(file, { name: "b" }), { code: "CONFIG", message: /cannot write/ });
    chmodSync(dir, 0o700);
  });
});
