import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { systemClock } from "../../../gateway/clock";
import { serveStatus } from "../../../gateway/health/socket";
import type { HubStatus } from "../../../gateway/health/status";
import { startHub } from "../../../gateway/hub";
import { NO_ADAPTERS } from "../../../gateway/radio/radio";
import { readRecord } from "../../../gateway/wfdb/read";
import { writeRecord } from "../../../gateway/wfdb/write";
import { toHex } from "../../../protocol/bytes";
import { encodeClaimCode } from "../../../protocol/claim";
import { encodeDossier } from "../../../protocol/dossier";
import { SimFrontEnd } from "../../../tools/sim/frontend";
import { VirtualHandheld } from "../../../tools/sim/handheld";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { SimHubRadio } from "../../../tools/sim/radio/hub";
import { PERFECT, Radio } from "../../../tools/sim/radio/lossy";
import { Random } from "../../../tools/sim/random";
import { RecordSource } from "../../../tools/sim/source";

const ROOT = join(__dirname, "../../..");
const PROGRAM = ["-r", "ts-node/register/transpile-only", join(ROOT, "tools/avnode.ts")];
const SIGNAL = Int32Array.from(
  { length: 2000 },
  (_, i) => Math.round(900 * Math.sin(i / 9) * (i % 97)) % 2000,
);

describe("the program", function () {
  let dir: string;
  let data: string;
  let id: string;

  const spawned = (...words: string[]) =>
    spawnSync(process.execPath, [...PROGRAM, ...words], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, AVNODE_DATA: join(dir, "home") },
    });

  /** In this process, with its streams caught. */
  async function avnode(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const caught = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(into("out"), into("err"), { AVNODE_DATA: join(dir, "home") });
    const code = await run(words, "0.0.0", {}, terminal);
    return { code, ...caught };
  }

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-cli-"));
    data = join(dir, "home-import");
    const lead = { name: "MLII", unit: "mV", gain: 200, baseline: 0, adcZero: 0, bits: 12 };
    writeRecord(dir, {
      name: "r1",
      rateNum: 200,
      rateDen: 1,
      leads: [lead],
      signals: [SIGNAL],
      start: undefined,
    });
    const imported = spawned("import", join(dir, "r1"), "--json");
    assert.equal(imported.status, 0, imported.stderr);
    const { recordings } = JSON.parse(imported.stdout);
    assert.deepEqual(
      { ...recordings[0], id: undefined },
      { id: undefined, record: "r1", leads: 1, samples: 2000 },
    );
    id = recordings[0].id;
  });
  after(() => rmSync(dir, { recursive: true }));

  it("lists the recording, and says that it is simulated", async () => {
    const { code, out } = await avnode("recordings", "--data", data);
    assert.equal(code, 0);
    assert.match(out.split("\n")[1]!, new RegExp(`^${id} .* 00:00:10 .* closed .* SIMULATED$`));
    const json = JSON.parse((await avnode("recordings", "--json", "--data", data)).out);
    assert.deepEqual(
      [json.recordings[0].id, json.recordings[0].samples, json.recordings[0].simulated],
      [id, 2000, true],
    );
  });

  it("shows it, by a few characters of its id, with a strip of its first seconds", async () => {
    const { code, out } = await avnode("show", id.slice(0, 6), "--data", data);
    assert.equal(code, 0);
    assert.match(out, /^[\u2800-\u28ff]{72}\n/);
    assert.match(out, /^lead {7}MLII, 200 counts per mV, zero at 0$/m);
    assert.match(out, /SIMULATED/);
    const json = JSON.parse((await avnode("show", id, "--json", "--data", data)).out);
    assert.deepEqual([json.gaps, json.marks, json.open.rateNum], [[], [], 200]);
  });

  it("shows where it stands in the log, when that was, and who signed it", async () => {
    const { out } = await avnode("show", id, "--data", data);
    assert.match(out, /^logged {5}as leaf 0 of log 1, avnode\.hub\/[0-9a-f]{16}\/[0-9a-f]{16}$/m);
    assert.match(out, /^checkpoint of 1 leaf, \d{4}-\d\d-\d\d .* by the hub's clock$/m);
    assert.match(out, /^signed {5}by its handheld$/m);
    const json = JSON.parse((await avnode("show", id, "--json", "--data", data)).out);
    assert.deepEqual([json.logged.index, json.logged.size, json.signature], [0, 1, "signed"]);
  });

  it("prints the log's checkpoint and its key, writes it, and verifies against it", async () => {
    const printed = await avnode("checkpoint", "--key", "--data", data);
    assert.equal(printed.code, 0);
    const [origin, size, root, blank, plain, timed, key] = printed.out.split("\n");
    assert.match(origin!, /^avnode\.hub\//);
    assert.deepEqual([size, blank, Buffer.from(root!, "base64").length], ["1", "", 32]);
    for (const line of [plain, timed]) assert.ok(line!.startsWith(`\u2014 ${origin} `));
    assert.ok(key!.startsWith(`${origin}+`));
    const kept = join(dir, "checkpoint");
    assert.equal((await avnode("checkpoint", "-o", kept, "--data", data)).code, 0);
    const against = await avnode("verify", "--against", kept, "--data", data);
    assert.deepEqual(
      [against.code, against.out.includes("goes on from the kept checkpoint of 1")],
      [0, true],
    );
    writeFileSync(kept, readFileSync(kept, "latin1").replace("\n1\n", "\n7\n"), "latin1");
    const altered = await avnode("verify", "--against", kept, "--data", data);
    assert.deepEqual([altered.code, altered.out.includes("not signed by this hub's key")], [1, true]);
    const nowhere = await avnode("verify", "--against", join(dir, "nothing"), "--data", data);
    assert.deepEqual(
      [nowhere.code, nowhere.err.includes("cannot read the kept checkpoint or proof")],
      [3, true],
    );
  });

  it("lists the handheld as simulated", async () => {
    const { code, out } = await avnode("devices", "--data", data);
    assert.equal(code, 0);
    assert.match(out, /SIMULATED/);
    // Of a simulated unit's 32 leaves the import took one.
    assert.match(out, / can sign 31 recordings$/m);
    const json = JSON.parse((await avnode("devices", "--json", "--data", data)).out);
    assert.equal(json.devices[0].class, "simulated");
    assert.deepEqual(Object.keys(json.refusals), ["unknown"]);
  });

  it("exports it as it was, to a name or into a directory", async () => {
    const named = await avnode(
      "export",
      id,
      "--format",
      "wfdb",
      "-o",
      join(dir, "out/copy.hea"),
      "--data",
      data,
    );
    assert.equal(named.code, 0, named.err);
    const copies = [".dat", ".atr", ".hea"].map((ending) => `${join(dir, "out/copy")}${ending}\n`);
    assert.equal(named.out, copies.join(""));
    assert.deepEqual(readRecord(join(dir, "out/copy")).signals, [SIGNAL]);
    const csv = await avnode("export", id, "--format", "csv", "-o", join(dir, "out"), "--data", data);
    assert.equal(csv.out, `${join(dir, "out", id)}.csv\n`);
    for (const [format, to, name] of [
      ["edf", "night", "night.edf"],
      ["edf", "night.bdf", "night.edf"],
      ["aecg", "night.txt", "night.txt"],
      ["proof", "", `${id}.proof`],
    ] as const) {
      const path = join(dir, "out", to);
      const made = await avnode("export", id, "--format", format, "-o", path, "--data", data);
      assert.deepEqual(made, { code: 0, out: `${join(dir, "out", name)}\n`, err: "" });
    }
    const proven = await avnode("verify", join(dir, "out", `${id}.proof`));
    assert.match(proven.out, /^SIMULATED/);
    const part = ["export", id, "-o", join(dir, "out/part"), "--data", data, "--from", "1", "--to"];
    assert.equal((await avnode(...part, "2", "--format", "csv")).code, 0);
    const rows = readFileSync(join(dir, "out/part.csv"), "utf8").match(/^\d.*$/gm)!;
    const seconds = rows.map((row) => Number(row.split(",")[1]));
    assert.ok(seconds[0]! >= 1 && seconds.at(-1)! < 2 && seconds.at(-1)! > 1.9, rows[0]);
    assert.equal((await avnode(...part, "0.5", "--format", "csv")).code, 3);
    assert.equal((await avnode(...part, "noon", "--format", "csv")).code, 2);
    assert.equal((await avnode(...part, "2", "--format", "proof")).code, 2);
    assert.deepEqual(
      readdirSync(join(dir, "out")).filter((name) => name.endsWith(".part")),
      [],
    );
  });

  it("verifies it: 0, and names what a reader should know", async () => {
    const { code, out, err } = await avnode("verify", "--data", data);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^${id} +AUTHENTIC .*simulated, signed$`, "m"));
    assert.equal(err, "1 recording, all authentic\n");
  });

  it("verifies an altered copy: 1, and names the recording", async () => {
    const copy = join(dir, "copy");
    cpSync(data, copy, { recursive: true });
    const db = new Database(join(copy, "avnode.db"));
    const changed = db
      .prepare(
        "UPDATE frames SET frame = substr(frame, 1, 30) || x'00' || substr(frame, 32) WHERE sequence = 4",
      )
      .run();
    db.close();
    assert.equal(changed.changes, 1);
    const { code, out, err } = await avnode("verify", "--data", copy);
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^${id} +ALTERED`, "m"));
    assert.match(err, /^not authentic: 1 of 1 recording/);
    assert.equal(JSON.parse((await avnode("verify", id, "--json", "--data", copy)).out).ok, false);
  });

  it("names the handheld, lists it by that, and refuses names that are none", async () => {
    const device = JSON.parse((await avnode("devices", "--json", "--data", data)).out).devices[0]
      .id as string;
    const named = await avnode("name", device.slice(0, 5), "Grandmother's bedside", "--data", data);
    assert.deepEqual(named, { code: 0, out: `handheld ${device} is Grandmother's bedside\n`, err: "" });
    const { out } = await avnode("devices", "--data", data);
    assert.match(out, /^NAME +HANDHELD +BATTERY +BACKLOG +SIGNAL +LAST CONTACT +CLOCK +FIRMWARE$/m);
    // No hub runs: nobody knows of a signal.
    assert.match(out, new RegExp(`^Grandmother's b… +${device.slice(0, 8)} +[\\d.]+ V +\\d+ +- +`, "m"));
    for (const line of out.split("\n")) assert.ok(line.length <= 100, line);
    const json = JSON.parse((await avnode("devices", "--json", "--data", data)).out);
    assert.deepEqual([json.devices[0].name, json.hub], ["Grandmother's bedside", { running: false }]);
    assert.equal((await avnode("name", device, "a\u001b[2J", "--data", data)).code, 2);
    assert.equal((await avnode("name", "zz", "A", "--data", data)).code, 3);
    assert.equal(
      (await avnode("name", device, "", "--data", data)).out,
      `handheld ${device} has no name now\n`,
    );
  });

  it("shows how strongly a running hub hears a handheld, or that it does not", async () => {
    const { id: device, alias } = JSON.parse((await avnode("devices", "--json", "--data", data)).out)
      .devices[0];
    const link = { id: "l1", adapter: "hci0", rssi: -62, since: 5, notificationBytes: 20 };
    const status: HubStatus = {
      pid: 1,
      version: "0.0.0",
      roles: ["relay", "store"],
      startedAt: 1,
      ok: true,
      problems: [],
      broker: { address: "memory", connected: true },
      radio: {
        ...NO_ADAPTERS,
        simulated: false,
        links: [{ ...link, id: "l0", rssi: -20 }, link, { ...link, id: "l2", rssi: -80 }],
      },
      limits: [],
      presences: [{ alias, links: ["l2", "l1"], since: 4 }],
    };
    const served = await serveStatus(data, () => status);
    try {
      const { out } = await avnode("devices", "--data", data);
      assert.match(out, new RegExp(` ${device.slice(0, 8)} .* -62 dBm `));
      const [{ connection }] = JSON.parse((await avnode("devices", "--json", "--data", data)).out).devices;
      assert.equal(connection.since, 4);
      assert.deepEqual(connection.links[0], { id: "l1", adapter: "hci0", rssi: -62 });
      status.presences = [];
      assert.match((await avnode("devices", "--data", data)).out, / away /);
    } finally {
      await served.close();
    }
  });

  it("claims a handheld of a hub that runs, and says who it is", async () => {
    const shop = join(dir, "shop");
    const faults = { ...PERFECT, notificationsPerSecond: 1000 };
    const radio = new Radio(faults, systemClock, new Random("claim"));
    const keepsake = newKeepsake("claim");
    const handheld = new VirtualHandheld({ clock: systemClock, radio, ...keepsake });
    const hub = await startHub({
      dataDir: shop,
      kind: "import",
      broker: "memory",
      radio: new SimHubRadio([{ id: "unit", radio }]),
    });
    try {
      const source = new RecordSource(readRecord(join(dir, "r1")));
      handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 100, speed: 1 }));
      handheld.act((monitor) => monitor.hold());
      const words = encodeClaimCode(handheld.identity.claimCode).split(" ");
      const papers = join(dir, "dossier");
      writeFileSync(papers, encodeDossier(handheld.dossier));
      const options = ["--person", "Ada", "--dossier", papers, "--data", shop];
      const { code, out, err } = await avnode("claim", ...words, ...options);
      assert.deepEqual(
        { code, out, err },
        {
          code: 0,
          out: `claimed handheld ${toHex(handheld.identity.device)}\n`,
          err: "hold the handheld's button\n",
        },
      );
      assert.match((await avnode("devices", "--data", shop)).out, / Ada$/m);
      const db = new Database(join(shop, "avnode.db"), { readonly: true });
      const table = db.prepare("SELECT leaves FROM tables WHERE tree = 0").pluck().get() as Buffer;
      db.close();
      assert.equal(toHex(table), toHex(handheld.dossier.leaves[0]!));
      writeFileSync(papers, "no dossier");
      const refused = await avnode("claim", ...words, ...options);
      assert.deepEqual([refused.code, refused.out], [3, ""]);
    } finally {
      handheld.powerOff();
      radio.close();
      await hub.stop();
      keepsake.close();
    }
  });

  it("says why a claim failed and what to do, as text and as JSON", async () => {
    const shop = join(dir, "wrong");
    const radio = new Radio({ ...PERFECT, notificationsPerSecond: 1000 }, systemClock, new Random("wrong"));
    const keepsake = newKeepsake("wrong");
    const handheld = new VirtualHandheld({ clock: systemClock, radio, ...keepsake });
    const hub = await startHub({
      dataDir: shop,
      kind: "home",
      broker: "memory",
      radio: new SimHubRadio([{ id: "unit", radio }]),
    });
    try {
      const source = new RecordSource(readRecord(join(dir, "r1")));
      handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 100, speed: 1 }));
      handheld.act((monitor) => monitor.hold());
      // Its own code, and a home: the store refuses simulated ones there.
      const words = encodeClaimCode(handheld.identity.claimCode).split(" ");
      const { code, out, err } = await avnode("claim", ...words, "--json", "--data", shop);
      assert.equal(code, 1, err);
      const { state, code: why, detail, next } = JSON.parse(out);
      assert.deepEqual([state, why], ["refused", "simulated-refused"]);
      assert.match(detail, /a real hub takes none/);
      assert.match(next, /avnode start --demo/);
      assert.match(err, /^avnode: not claimed: this is a simulated handheld.*; simulated ones belong into/m);
      assert.match((await avnode("devices", "--data", shop)).err, /^no handheld claimed yet/m);
    } finally {
      handheld.powerOff();
      radio.close();
      await hub.stop();
      keepsake.close();
    }
  });

  const usage: [string, string[], RegExp][] = [
    ["an unknown command", ["shov"], /^avnode: unknown command 'shov'; Did you mean show\?\n$/],
    ["an unknown option", ["devices", "--jsn"], /^avnode: unknown option '--jsn'; Did you mean --json\?\n$/],
    [
      "a missing argument",
      ["show"],
      /^avnode: missing required argument 'id'; 'avnode --help' lists what there is\n$/,
    ],
    [
      "a format that is none",
      ["export", "x", "--format", "pdf", "-o", "y"],
      /^avnode: option '--format <format>' argument 'pdf' is invalid/,
    ],
    [
      "a role that is none",
      ["start", "--role", "relay,page"],
      /^avnode: --role page: not in this version; known roles are relay, store\n$/,
    ],
    [
      "a relay without a broker",
      ["start", "--role", "relay"],
      /^avnode: a relay alone needs the store's broker; give its broker\.url/,
    ],
    [
      "a claim code that is cut short",
      ["claim", "av1qqqq"],
      /^avnode: the code has 32 characters after av1, got 4\n$/,
    ],
    [
      "a claim code with a mistyped letter",
      ["claim", "av1 qqqq qqqq qqqq qqqq qqqq qqqq qqqq qqqq"],
      /^avnode: the code has a typing error: .*; compare it with what is printed/,
    ],
    [
      "another code than a handheld's",
      ["claim", "avr1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"],
      /^avnode: the code begins with av1, this one with avr: take the other code/,
    ],
    ["no command", [], /^Usage: avnode/],
  ];
  for (const [name, words, message] of usage) {
    it(`answers ${name} with 2 and what to do`, async () => {
      const { code, out, err } = await avnode(...words);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, message);
    });
  }

  it("answers a faulty configuration with 2 and its line", async () => {
    writeFileSync(join(dir, "config.yaml"), "broker:\n  prot: 1\n");
    const { code, err } = await avnode("start", "--config", join(dir, "config.yaml"));
    assert.deepEqual(
      [code, err],
      [2, "avnode: config.yaml:2: broker.prot: unknown key; did you mean port?\n"],
    );
  });

  it("answers with 3 where nothing was recorded, and says where something was", async () => {
    const { code, out, err } = await avnode("recordings");
    assert.deepEqual([code, out], [3, ""]);
    assert.match(
      err,
      new RegExp(`^avnode: no data in ${dir}/home: .*; there is one in ${data}: name it with --data\n$`),
    );
  });

  it("answers with 3 for a recording that is not here", async () => {
    const { code, err } = await avnode("show", "ffffffff", "--data", data);
    assert.equal(code, 3);
    assert.match(err, /^avnode: no recording ffffffff here: 'avnode recordings' lists them/);
  });

  it("answers a claim with 3 when no hub runs", async () => {
    const code = encodeClaimCode(new Uint8Array(16).fill(7));
    const { code: exit, err } = await avnode("claim", ...code.split(" "), "--data", data);
    assert.equal(exit, 3);
    assert.match(err, /^avnode: cannot claim: no hub runs on .*; start it with 'avnode start'/);
  });

  it("prints help and version as results", async () => {
    const help = await avnode("--help");
    assert.deepEqual([help.code, help.err], [0, ""]);
    assert.match(help.out, /Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 could not be done\./);
    assert.deepEqual(await avnode("--version"), { code: 0, out: "0.0.0\n", err: "" });
  });

  it("passes exit codes to the shell", () => {
    assert.equal(spawned("show").status, 2);
    assert.equal(spawned("recordings").status, 3);
  });

  it("runs a hub that says how to go on without an adapter, and stops cleanly when asked to", async () => {
    const config = join(dir, "unplugged.yaml");
    writeFileSync(config, "radio:\n  adapters: [unix:/nowhere]\n");
    const args = [...PROGRAM, "start", "--data", join(dir, "hub"), "--config", config];
    const hub = spawn(process.execPath, args, { cwd: ROOT });
    let said = "";
    const ready = new Promise<void>((done, failed) => {
      hub.stderr.on("data", (chunk) => {
        said += chunk;
        if (/no Bluetooth adapter/.test(said)) done();
      });
      hub.on("exit", () => failed(new Error(`it ended: ${said}`)));
    });
    await ready;
    assert.match(
      said,
      /radio: no Bluetooth adapter here; one that is plugged in is used at once, and relays elsewhere publish to mqtt:\/\/127\.0\.0\.1:\d+ with the relay's password in /,
    );
    const second = await avnode("start", "--data", join(dir, "hub"));
    assert.equal(second.code, 3);
    assert.match(
      second.err,
      /^avnode: cannot open .*: another avnode is writing to it\. Stop that one, or name another directory/,
    );
    hub.removeAllListeners("exit");
    hub.kill("SIGTERM");
    assert.deepEqual(await once(hub, "exit"), [0, null]);
  });

  it("tells of a relay alone over HTTP: its health and its metrics, and no page", async () => {
    const config = join(dir, "relay.yaml");
    writeFileSync(
      config,
      "broker: { url: 'mqtt://127.0.0.1:1' }\nradio: { adapters: ['unix:/nowhere'] }\nweb: { port: 0 }\n",
    );
    const args = [...PROGRAM, "start", "--role", "relay", "--data", join(dir, "alone"), "--config", config];
    const relay = spawn(process.execPath, args, { cwd: ROOT });
    try {
      let said = "";
      const address = await new Promise<string>((done, failed) => {
        relay.stderr.on("data", (chunk) => {
          said += chunk;
          const web = /^health: (http:\/\/127\.0\.0\.1:\d+)\/health\s/m.exec(said);
          if (web) done(web[1]!);
        });
        relay.on("exit", () => failed(new Error(`it ended: ${said}`)));
      });
      const health = await fetch(`${address}/health`);
      assert.equal(health.status, 503);
      const told = (await health.json()) as { broker: unknown; problems: string[] };
      assert.deepEqual([told.broker, "store" in told], [{ connected: false }, false]);
      assert.match(told.problems[0]!, /broker cannot be reached/);
      const metrics = await fetch(`${address}/metrics`);
      assert.equal(metrics.status, 200);
      assert.match(await metrics.text(), /^avnode_broker_connected 0$/m);
      assert.equal((await fetch(`${address}/api/status`)).status, 404);
      relay.removeAllListeners("exit");
      relay.kill("SIGTERM");
      assert.deepEqual(await once(relay, "exit"), [0, null]);
    } finally {
      relay.kill("SIGKILL");
    }
  });
});
