/** The program talks to nobody but its own ports on loopback, and to what its owner configured. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { statusSocket } from "../../gateway/health/socket";
import { skipUnless } from "../machine";

const ROOT = join(__dirname, "../..");
const HOOK = join(__dirname, "network-hook.js");
const RECORD = join(ROOT, "tools/sim/records/mitdb208x");
/** Connects a datagram socket to a documentation address (RFC 5737): the kernel is asked, and no packet leaves. */
const KERNEL_PLANT = `require("node:dgram").createSocket("udp4").connect(9, "192.0.2.1", () => process.exit())`;
/** AF_INET and AF_INET6 alone; files and signals are of no interest. */
const STRACE = ["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none"];
const straceWorks = spawnSync("strace", [...STRACE, "true"]).status === 0;
/** A command that finds the rest of its line in a network of its own, whose loopback is all there is. */
const LONELY = ["--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$0" "$@"'];
const unshareWorks = spawnSync("unshare", [...LONELY, "true"]).status === 0;

interface Ran {
  status: number | null;
  out: string;
  err: string;
  /** What the hook noted, a line each. */
  tried: string[];
}

/** The program, where a tool started it in turn. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0] || pid);
}

describe("the network at run time", function () {
  let dir: string;
  let program: string;
  const children = new Set<ChildProcess>();

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-network-"));
    // As it is shipped, of today's source, and from where its packages and its record are found.
    program = join(ROOT, "dist", `network-test-${process.pid}.js`);
    const from = {
      entryPoints: [join(ROOT, "tools/avnode.ts")],
      outfile: program,
      logLevel: "error" as const,
    };
    buildSync({ ...from, bundle: true, platform: "node", format: "cjs", packages: "external" });
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  after(() => {
    rmSync(dir, { recursive: true });
    rmSync(program);
  });

  let log = 0;
  /** @param until ends it with SIGINT once it has said so */
  async function avnode(words: string[], options: { plant?: string; until?: RegExp; under?: string[] } = {}) {
    const file = join(dir, `tried-${log++}`);
    writeFileSync(file, "");
    const env = {
      ...process.env,
      NETWORK_LOG: file,
      NETWORK_PLANT: options.plant ?? "",
      AVNODE_DATA: join(dir, "home"),
      // A hub asks whether another one answers on the socket that it is about to make.
      NETWORK_OWN_SOCKET: words.includes("--data") ? statusSocket(words[words.indexOf("--data") + 1]!) : "",
    };
    const [command, ...rest] = [...(options.under ?? []), process.execPath, "-r", HOOK, program, ...words];
    const child = spawn(command!, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    const ran: Ran = { status: null, out: "", err: "", tried: [] };
    let asked = false;
    const listen = (which: "out" | "err") => (chunk: Buffer) => {
      ran[which] += chunk;
      if (asked || !options.until?.test(ran.out + ran.err)) return;
      asked = true;
      process.kill(options.under ? childOf(child.pid!) : child.pid!, "SIGINT");
    };
    child.stdout!.on("data", listen("out"));
    child.stderr!.on("data", listen("err"));
    [ran.status] = await once(child, "close");
    children.delete(child);
    ran.tried = readFileSync(file, "utf8").split("\n").filter(Boolean);
    return ran;
  }

  const data = (name: string) => ["--data", join(dir, name)];
  /** A config whose ports are free ones. */
  function configured(broker: string): string[] {
    const file = join(dir, "config.yaml");
    writeFileSync(file, `broker: { ${broker} }\nweb: { port: 0 }\n`);
    return ["--config", file];
  }
  /** Seconds of a heart stored and receipted, and the page open. */
  const RECORDED =
    /receipted up to 00:00:0[3-9](?=.*page: http)|page: http(?=.*receipted up to 00:00:0[3-9])/s;

  const demo = (name: string, under?: string[]) =>
    avnode(["start", "--demo", ...configured("port: 0"), ...data(name)], { until: RECORDED, under });

  it("is not used by start, import, verify, show and export", async () => {
    const imported = await avnode(["import", RECORD, "--json", ...data("import")]);
    const { id } = JSON.parse(imported.out).recordings[0];
    const started = await demo("demo");
    assert.match(started.err, /page: http:\/\/127\.0\.0\.1:\d+/);
    for (const ran of [
      started,
      imported,
      await avnode(["verify", ...data("import")]),
      await avnode(["show", id, ...data("import")]),
      await avnode(["export", id, "--format", "wfdb", "-o", join(dir, "out"), ...data("import")]),
    ]) {
      assert.equal(ran.status, 0, ran.err);
      assert.deepEqual(ran.tried, []);
    }
  });

  it("is used for the broker that the owner configured, and for nothing else", async () => {
    const broker = createServer((socket) => socket.on("error", () => {}).resume());
    await once(broker.listen(0, "127.0.0.1"), "listening");
    const { port } = broker.address() as AddressInfo;
    const ran = await avnode(["start", ...configured(`url: "mqtt://127.0.0.1:${port}"`), ...data("outer")], {
      until: /page: http/,
    });
    broker.close();
    assert.equal(ran.status, 0, ran.err);
    assert.deepEqual([...new Set(ran.tried)], [`connect 127.0.0.1:${port}`]);
  });

  const plants: [string, string][] = [
    ["tcp", "connect 192.0.2.1:9"],
    ["tls", "connect 192.0.2.1:443"],
    ["https", "connect 192.0.2.1:443"],
    ["fetch", "connect 192.0.2.1:80"],
    ["udp", "datagram 192.0.2.1:9"],
    ["name", "name updates.example"],
    ["resolver", "name updates.example"],
    ["child", "child curl"],
    ["neighbour", "connect 127.0.0.1:9"],
    ["pipe", "pipe /nowhere/elsewhere/hub.sock"],
  ];
  for (const [plant, line] of plants) {
    it(`would be seen in use if the program did so by ${plant}`, async () => {
      const ran = await avnode(["--version", ...data("planted")], { plant });
      assert.ok(ran.tried.includes(line), `${ran.tried.join()} ${ran.err}`);
    });
  }

  /** Addresses that the kernel was asked for, in a trace. */
  function asked(trace: string): string[] {
    const found = trace.matchAll(
      /sin6?_port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")/g,
    );
    return [...found].map(([, port, four, six]) => `${four ?? six}:${port}`);
  }

  it("is not used, by the kernel's own word", async function () {
    skipUnless(straceWorks, this, "strace that may trace (Debian: strace)");
    const trace = join(dir, "trace");
    const ran = await demo("traced", ["strace", ...STRACE, "-o", trace]);
    assert.equal(ran.status, 0, ran.err);
    assert.deepEqual(asked(readFileSync(trace, "utf8")), []);
    spawnSync("strace", [...STRACE, "-o", trace, process.execPath, "-e", KERNEL_PLANT]);
    assert.deepEqual(asked(readFileSync(trace, "utf8")), ["192.0.2.1:9"], "the trace sees what is planted");
  });

  it("may be missing: where loopback is all there is, a heart is recorded and stored", async function () {
    skipUnless(unshareWorks, this, "network namespace of one's own (unshare --net)");
    const ran = await demo("lonely", ["unshare", ...LONELY]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(ran.out, /receipted up to/);
  });
});
