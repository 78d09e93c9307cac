import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError, parseConfig, readConfig } from "../../../gateway/config/config";
import { defaultDataDir } from "../../../gateway/config/places";

describe("the configuration file", () => {
  it("may be empty", () => assert.deepEqual(parseConfig("", "config.yaml"), {}));

  it("may say everything", () => {
    const text = `
name: kitchen
dataDir: /srv/avnode
logLevel: warn
broker:
  url: mqtts://broker.home:8883
  username: hub
  password: "1234"
  ca: /etc/ca.pem
  cert: /etc/hub.pem
  key: /etc/hub.key
web:
  port: 8443
  host: 0.0.0.0
  names: [hub.local]
  cert: /etc/web.pem
  key: /etc/web.key
`;
    assert.deepEqual(parseConfig(text, "config.yaml"), {
      name: "kitchen",
      dataDir: "/srv/avnode",
      logLevel: "warn",
      broker: {
        url: "mqtts://broker.home:8883",
        username: "hub",
        password: "1234",
        ca: "/etc/ca.pem",
        cert: "/etc/hub.pem",
        key: "/etc/hub.key",
      },
      web: {
        port: 8443,
        host: "0.0.0.0",
        names: ["hub.local"],
        cert: "/etc/web.pem",
        key: "/etc/web.key",
      },
    });
  });

  const faults: [string, string, string][] = [
    [
      "a mistyped key",
      "name: kitchen\n# the broker\n\n\n\nbroker:\n  prot: 1884\n",
      "config.yaml:7: broker.prot: unknown key; did you mean port?",
    ],
    [
      "a key like no other",
      "colour: red\n",
      "config.yaml:1: colour: unknown key; known are name, dataDir, logLevel, broker, radio, web, backup, mirror, homeAssistant",
    ],
    [
      "a value of the wrong kind",
      "broker:\n  port: many\n",
      "config.yaml:2: broker.port: invalid input: expected number, received string; correct or remove it",
    ],
    [
      "a port that is none",
      "broker: { port: 65536 }\n",
      "config.yaml:1: broker.port: too big: expected number to be <=65535; correct or remove it",
    ],
    [
      "a level that is none",
      'name: a\nlogLevel: "loud"\n',
      'config.yaml:2: logLevel: invalid option: expected one of "debug"|"info"|"warn"|"error"; correct or remove it',
    ],
    [
      "a broker that is no URL",
      "broker:\n  url: broker.home\n",
      "config.yaml:2: broker.url: expected a URL like mqtts://broker.home:8883; correct or remove it",
    ],
    [
      "a port beside a URL",
      "broker:\n  url: mqtt://a\n  port: 1\n",
      "config.yaml:3: broker.port: stands beside broker.url; a broker elsewhere has its port in its url",
    ],
    [
      "a password without a URL",
      "broker:\n  password: x\n",
      "config.yaml:2: broker.password: is for a broker elsewhere; give its broker.url too",
    ],
    [
      "half a client certificate",
      "broker:\n  url: mqtts://a\n  cert: hub.pem\n",
      "config.yaml:3: broker.cert: a client certificate is two files; give broker.cert and broker.key",
    ],
    [
      "a host of the embedded broker beside a URL",
      "broker:\n  url: mqtt://a\n  host: 0.0.0.0\n",
      "config.yaml:3: broker.host: stands beside broker.url; a broker elsewhere has its host in its url",
    ],
    [
      "a CA that would pin nothing, because the URL speaks no TLS",
      "broker:\n  url: mqtt://a\n  ca: ca.pem\n",
      "config.yaml:3: broker.ca: is for TLS, which broker.url does not speak; write mqtts:// or wss:// there",
    ],
    [
      "a password in the URL, which would stand in the log",
      "broker:\n  url: mqtts://hub:secret@a\n",
      "config.yaml:2: broker.url: holds a user, and logs would show it; give broker.username and broker.password",
    ],
    [
      "half a certificate of the page",
      "web:\n  cert: hub.pem\n",
      "config.yaml:2: web.cert: a certificate is two files; give web.cert and web.key",
    ],
    [
      "a mistyped key of the page",
      "web: { prt: 1 }\n",
      "config.yaml:1: web.prt: unknown key; did you mean port?",
    ],
    [
      "an adapter that is none",
      "radio:\n  adapters:\n    - hci0\n    - eth0\n",
      "config.yaml:4: radio.adapters.1: expected adapters like hci0; correct or remove it",
    ],
    [
      "no adapter at all, where radio.enabled is meant",
      "radio: { adapters: [] }\n",
      "config.yaml:1: radio.adapters: too small: expected array to have >=1 items; correct or remove it",
    ],
    [
      "a mistyped key of the radio",
      "radio: { exclusiv: true }\n",
      "config.yaml:1: radio.exclusiv: unknown key; did you mean exclusive?",
    ],
    [
      "heart rate for Home Assistant by another word than yes or no",
      "homeAssistant:\n  discovery: true\n  values: rate\n",
      "config.yaml:3: homeAssistant.values: invalid input: expected boolean, received string; correct or remove it",
    ],
    [
      "the second switch without the first",
      "homeAssistant: { values: true }\n",
      "config.yaml:1: homeAssistant: wants discovery, a boolean; add it",
    ],
    [
      "a mistyped key that is wanted",
      "homeAssistant: { discover: true }\n",
      "config.yaml:1: homeAssistant.discover: unknown key; did you mean discovery?",
    ],
    [
      "a key that lacks",
      "name: a\nhomeAssistant:\n  prefix: house/ha\n",
      "config.yaml:2: homeAssistant: wants discovery, a boolean; add it",
    ],
    [
      "a list",
      "- a\n",
      "config.yaml:1: invalid input: expected object, received array; known keys are name, dataDir, logLevel, broker, radio, web, backup, mirror, homeAssistant",
    ],
    ["a key twice", "name: a\nname: b\n", "config.yaml:2: Map keys must be unique; correct the YAML"],
  ];
  for (const [name, text, message] of faults) {
    it(`names line, key and remedy of ${name}`, () => {
      assert.throws(
        () => parseConfig(text, "config.yaml"),
        (error: Error) => {
          assert.ok(error instanceof ConfigError);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }

  it("names the line where YAML breaks", () => {
    assert.throws(
      () => parseConfig("name: a\nbroker: [\n", "config.yaml"),
      /^Error: config\.yaml:[23]: .*; correct the YAML$/,
    );
  });

  it("is refused when anchors multiply", () => {
    const bomb = "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n";
    assert.throws(() => parseConfig(bomb, "config.yaml"), ConfigError);
  });

  it("is refused when others may read the password in it, and says what to run", () => {
    const file = join(mkdtempSync(join(tmpdir(), "avnode-config-")), "config.yaml");
    writeFileSync(file, "broker: { url: mqtts://a, username: hub, password: secret }\n", { mode: 0o600 });
    assert.equal(readConfig(file).broker!.password, "secret");
    chmodSync(file, 0o640);
    assert.throws(() => readConfig(file), { code: "CONFIG", message: /; run: chmod 600 / });
    rmSync(dirname(file), { recursive: true });
  });

  it("is missed with its name", () => {
    assert.throws(() => readConfig("/nonexistent/av.yaml"), /cannot read \/nonexistent\/av\.yaml: ENOENT/);
  });
});

describe("the default data directory", () => {
  it("is what AVNODE_DATA says, else in XDG_DATA_HOME, else in the home directory; demo and imports stand beside it", () => {
    assert.equal(defaultDataDir("home", { AVNODE_DATA: "/a/b" }), "/a/b");
    assert.equal(defaultDataDir("demo", { AVNODE_DATA: "/a/b" }), "/a/b-demo");
    assert.equal(defaultDataDir("import", { XDG_DATA_HOME: "/x" }), "/x/avnode-import");
    assert.match(defaultDataDir("home", {}), /\/\.local\/share\/avnode$/);
  });
});
