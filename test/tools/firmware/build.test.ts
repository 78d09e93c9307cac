import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { boardNamed } from "../../../tools/firmware/boards";
import { buildFirmware, writeBuild } from "../../../tools/firmware/build";
import { Maker } from "../../firmware/maker";
import { MAIN, Tree } from "./tree";

const xiaoble = boardNamed("xiaoble");

/** CRC-32 of IEEE 802.3, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("the firmware's build", () => {
  const trees: Tree[] = [];
  const tree = (main?: string, boot?: string): Tree => {
    const made = new Tree(main, boot);
    trees.push(made);
    return made;
  };
  after(() => {
    for (const made of trees) made.remove();
  });

  it("is one script, in ASCII, without esbuild's helpers, that runs what the entry says on the board's data", () => {
    const { application, bootCode } = buildFirmware({ board: xiaoble, root: tree().root });
    for (const { code } of [application, bootCode]) {
      assert.match(code, /^[\n\x20-\x7e]+$/);
      assert.doesNotMatch(code, /exports|defineProperty|sourceMappingURL/);
    }
    assert.equal(bootCode.demands.topLevel, 0);
    let monitor: unknown;
    new Function("print", application.code)((printed: unknown) => {
      monitor = printed;
    });
    assert.deepEqual(monitor, xiaoble);
  });

  /** What a script prints, each time. */
  const printedBy = (code: string, others: Record<string, unknown> = {}): unknown[][] => {
    const printed: unknown[][] = [];
    const names = Object.keys(others);
    new Function("print", ...names, code)(
      (...values: unknown[]) => printed.push(values),
      ...names.map((name) => others[name]),
    );
    return printed;
  };

  it("tells the boot code what the application is, the maker's key, the slots, and whether it may keep the console", () => {
    const { root } = tree();
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const releaseKey = new Maker("build").publicKey;
    for (const [dev, more, told] of [
      [true, {}, [0, version, ""]],
      [
        false,
        { counter: 7, version: "7.0", releaseKey },
        [7, "7.0", Buffer.from(releaseKey).toString("base64")],
      ],
    ] as const) {
      const { application, bootCode } = buildFirmware({ board: xiaoble, root, dev, ...more });
      const bytes = Buffer.from(application.code, "latin1");
      // Then what it chose is evaluated in its place.
      assert.deepEqual(printedBy(bootCode.code), [
        [dev, bytes.length, crc32(bytes), ...told, "slots"],
        ["chosen"],
      ]);
    }
    assert.throws(() => buildFirmware({ board: xiaoble, root, releaseKey: new Uint8Array(48) }), {
      code: "LMS_TYPE",
    });
  });

  it("locks the unit in its boot code before anything else of it happens", () => {
    const { bootCode } = buildFirmware({ board: xiaoble, root: tree(undefined, "").root });
    const said: string[] = [];
    const say = (name: string) => () => void said.push(name);
    const runtime = {
      hwRand: () => -123456789,
      setPassword: say("password"),
      lockConsole: say("lock"),
      setConsole: say("console"),
    };
    // The first thing that it asks for beyond these ends it.
    const E = new Proxy(runtime, {
      get: (known, name: keyof typeof runtime) => {
        if (!known[name]) throw new Error(`E.${name}`);
        return known[name];
      },
    });
    const other = () => {
      throw new Error("something else");
    };
    const NRF = { disconnect: say("disconnect"), setServices: say("services") };
    assert.throws(() =>
      printedBy(bootCode.code, { E, NRF, require: other, process: other, Uint8Array: other }),
    );
    assert.deepEqual(said, ["password", "lock", "console", "disconnect", "services"]);
  });

  it("writes what is flashed and a manifest that says what it is, and the maps apart", () => {
    const { root } = tree();
    const folder = join(root, "out/xiaoble");
    writeBuild(buildFirmware({ board: xiaoble, root }), folder);
    assert.deepEqual(readdirSync(folder).sort(), ["avnode.js", "bootcde.js", "manifest.json", "maps"]);
    assert.deepEqual(readdirSync(join(folder, "maps")), ["avnode.js.map", "bootcde.js.map"]);
    const { files, builtins, ...manifest } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    assert.deepEqual(manifest, {
      name: "avnode",
      version: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
      commit: null,
      dirty: true,
      board: "xiaoble",
      runtime: "XIAOBLE",
      runtimeVersion: "2v29",
      locked: true,
      modules: [],
    });
    for (const name of ["Uint8Array", "DataView", "print"]) assert.ok(builtins.includes(name), name);
    assert.deepEqual(
      files.map(({ storage }: { storage: string }) => storage),
      ["avnode", ".bootcde"],
      "the boot code is flashed last",
    );
    for (const { file, bytes, sha256, crc32: crc } of files) {
      const content = readFileSync(join(folder, file));
      assert.equal(bytes, content.length, file);
      assert.equal(sha256, createHash("sha256").update(content).digest("hex"), file);
      assert.equal(crc, crc32(content), file);
    }
    const map = JSON.parse(readFileSync(join(folder, "maps/avnode.js.map"), "utf8"));
    assert.ok(map.sources.includes("firmware/monitor.ts"), map.sources.join());
  });

  it("is for a board that a test describes, too", () => {
    const board = { ...boardNamed("linux"), name: "variant", notificationBytes: 61 };
    const { application, manifest } = buildFirmware({ board, root: tree().root });
    assert.equal(manifest.board, "variant");
    assert.match(application.code, /notificationBytes:61/);
  });

  it("keeps the jit directive of every function that it does not leave out", () => {
    const main = `
      const twice = function (n: number): number { "jit"; let sum = 0; for (let i = 0; i < n; i++) sum += n; return sum; };
      const same = (n: number): number => { "jit"; return n; };
      class Once { run(n: number): number { "jit"; return n * 2; } }
      function unused(n: number): number { "jit"; return n; }
      export function run(spec: { name: string }): void {
        spec.name = twice(same(3)) + new Once().run(2) + "";
      }
    `;
    const { application } = buildFirmware({ board: xiaoble, root: tree(main).root });
    assert.equal(application.code.match(/\{"jit";/g)?.length, 3);
    assert.equal(application.demands.jit, 3);
  });

  it("fails at the source line of what the interpreter cannot run or find", () => {
    const planted: [string, RegExp][] = [
      [
        "\nexport function run({ name }: { name: string }): void { name.length; }",
        /main\.ts:2: .*destructuring/,
      ],
      [`\n\nimport { gone } from "../gone";\nexport const run = gone;`, /main\.ts:3: .*\.\.\/gone/],
      ["export function run(", /main\.ts:1: /],
    ];
    for (const [main, message] of planted)
      assert.throws(() => buildFirmware({ board: xiaoble, root: tree(main).root }), {
        code: "BUNDLE_FAILED",
        message,
      });
  });

  it("is refused for a board that lacks something, by name, and nothing is written", () => {
    const { root } = tree();
    assert.throws(() => buildFirmware({ board: boardNamed("mdbt42q"), root }), {
      code: "BOARD_LACKS",
      message: /mdbt42q\n.*aesCcm: .*\n.*variables: /,
    });
    assert.ok(!existsSync(join(root, "firmware/dist")));
  });

  it("is refused where a file uses what the board's runtime is not known to have, by name", () => {
    const main = `${MAIN}\ndeclare const Graphics: any;\nprint(Graphics.createArrayBuffer(1, 1, 1), E.CRC33("a"));\ndeclare const E: any;`;
    assert.throws(() => buildFirmware({ board: xiaoble, root: tree(main).root }), {
      code: "BOARD_LACKS",
      message: /builtins: XIAOBLE is not known to have E\.CRC33, Graphics\.createArrayBuffer: use what/,
    });
  });

  it("is refused where the application, once its size is known, leaves no room", () => {
    const main = `${MAIN}\nexport const ballast = ${JSON.stringify("x".repeat(300_000))};\n(run as never as { b: string }).b = ballast;`;
    assert.throws(() => buildFirmware({ board: xiaoble, root: tree(main).root }), {
      code: "BOARD_LACKS",
      message: /storageBytes: /,
    });
  });
});
