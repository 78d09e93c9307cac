import { strict as assert } from "node:assert";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { boardNamed } from "../../tools/firmware/boards";
import { buildFirmware, type FirmwareBuild } from "../../tools/firmware/build";
import { type Payload, upload, type Wire } from "../../tools/firmware/upload";
import { Tree } from "../tools/firmware/tree";
import { interpret, skipUnlessInterpreter } from "./interpreter";

/** An interpreter with empty flash, its console on pipes. */
class Unit implements Wire {
  readonly folder = mkdtempSync(join(tmpdir(), "avnode-upload-"));
  private readonly child: ChildProcessWithoutNullStreams;
  onData: (bytes: Uint8Array) => void = () => {};
  /** What becomes of the bytes on their way there. */
  carry: (bytes: Buffer) => Buffer = (bytes) => bytes;

  constructor() {
    this.child = spawn(resolve(process.env.AVNODE_ESPRUINO!), [], { cwd: this.folder });
    this.child.stdout.on("data", (bytes: Buffer) => this.onData(bytes));
    this.child.stdin.on("error", () => {});
    process.once("exit", () => this.child.kill("SIGKILL"));
  }

  write(bytes: Uint8Array): void {
    this.child.stdin.write(this.carry(Buffer.from(bytes)));
  }

  flash(): Buffer {
    return readFileSync(join(this.folder, "espruino.flash"));
  }

  async off(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await new Promise((resolve) => {
      this.child.once("close", resolve);
      this.child.kill("SIGKILL");
    });
  }
}

/** An application of a few packets, where it does not matter which. */
const SMALL = `
export function run(spec: { name: string }): void {
  const some = new Uint8Array(8);
  spec.name = ${JSON.stringify("0123456789".repeat(250))} + some.length;
}
`;

describe("uploading to an interpreter over pipes", function () {
  const whole = new Tree();
  const small = new Tree(SMALL);
  let build: FirmwareBuild;
  let payload: Payload;
  let unit: Unit;

  const payloadOf = ({ manifest, application, bootCode }: FirmwareBuild): Payload => ({
    manifest,
    files: { "avnode.js": Buffer.from(application.code), "bootcde.js": Buffer.from(bootCode.code) },
  });

  before(function () {
    skipUnlessInterpreter(this);
    build = buildFirmware({ board: boardNamed("linux"), root: small.root });
    payload = payloadOf(build);
  });
  after(() => {
    whole.remove();
    small.remove();
  });
  beforeEach(() => {
    unit = new Unit();
  });
  afterEach(async () => {
    if (!unit) return;
    await unit.off();
    rmSync(unit.folder, { recursive: true });
  });

  it("puts application and boot code there, byte for byte, and tells how far it is", async () => {
    const firmware = buildFirmware({ board: boardNamed("linux"), root: whole.root });
    const told: Record<string, number[]> = {};
    await upload(unit, payloadOf(firmware), (file, done) => {
      told[file.storage] ??= [];
      told[file.storage]!.push(done);
    });
    await unit.off();
    const dump = `
      var s = require("Storage");
      s.list().forEach(name => print(name, btoa(s.read(name))));
    `;
    const stored = Object.fromEntries(
      (await interpret(dump, { flash: unit.flash() })).map((line) => line.split(" ") as [string, string]),
    );
    assert.deepEqual(
      { ...stored },
      {
        avnode: Buffer.from(firmware.application.code).toString("base64"),
        ".bootcde": Buffer.from(firmware.bootCode.code).toString("base64"),
      },
    );
    for (const { storage, bytes } of firmware.manifest.files) {
      const steps = told[storage]!;
      assert.deepEqual(
        steps,
        [...steps].sort((a, b) => a - b),
      );
      assert.deepEqual([steps[0], steps.at(-1)], [0, bytes]);
    }
  });

  it("boots what it put there", async () => {
    await upload(unit, payload);
    await unit.off();
    const [printed] = await interpret(`eval(require("Storage").read(".bootcde"));`, { flash: unit.flash() });
    const { bytes, crc32 } = build.manifest.files[0]!;
    assert.equal(printed, `false ${bytes} ${crc32} 0 ${build.manifest.version}  null`);
  });

  it("refuses when a byte changed on the way, and writes no boot code", async () => {
    let planted = 0;
    unit.carry = (bytes) => {
      const at = bytes.indexOf("Uint8Array");
      if (at < 0 || planted > 0) return bytes;
      planted++;
      bytes[at] = "V".charCodeAt(0);
      return bytes;
    };
    await assert.rejects(upload(unit, payload), { code: "UPLOAD_DIFFERS", message: /^avnode is \d+ bytes/ });
    assert.equal(planted, 1);
    await unit.off();
    const listed = await interpret(`print(require("Storage").list());`, { flash: unit.flash() });
    assert.deepEqual(listed.join("").replace(/\s/g, ""), '["avnode"]');
  });

  /** Loses the piece that holds this word, so many times. */
  function swallow(times: number): void {
    unit.carry = (bytes) => (bytes.includes("Uint8Array") && times-- > 0 ? Buffer.alloc(0) : bytes);
  }

  it("sends a file again when a piece of it was lost", async () => {
    swallow(1);
    await upload(unit, payload);
  });

  it("refuses when the connection loses the same piece again", async () => {
    swallow(9);
    await assert.rejects(upload(unit, payload), { code: "UPLOAD_BROKEN", message: /^avnode did not arrive/ });
  });

  it("refuses a runtime that the build is not for", async () => {
    const manifest = { ...build.manifest, board: "xiaoble", runtime: "XIAOBLE" };
    await assert.rejects(upload(unit, { ...payload, manifest }), {
      code: "UPLOAD_STRANGER",
      message: /needs the runtime XIAOBLE, and LINUX answers/,
    });
  });

  it("refuses when nobody answers", async () => {
    await unit.off();
    await assert.rejects(upload(unit, payload), { code: "UPLOAD_STRANGER", message: /nobody/ });
  });
});
