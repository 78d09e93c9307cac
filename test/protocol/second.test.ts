import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON, skipUnlessPython } from "../machine";
import { VECTORS } from "./vectors";

const READER = join(__dirname, "second/avnode_wire.py");

function read(directory: string) {
  return spawnSync(PYTHON, ["-B", READER, directory], { encoding: "utf8" });
}

describe("the second reader, in Python", () => {
  before(function () {
    skipUnlessPython(this, "cryptography");
  });

  it("agrees with every vector", () => {
    const run = read(VECTORS);
    assert.equal(run.status, 0, run.stderr);
  });

  it("agrees with every vector of the log", () => {
    const run = spawnSync(PYTHON, ["-B", join(__dirname, "second/check_log.py"), VECTORS], {
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stderr);
  });

  it("writes the vectors of the log again, byte for byte", () => {
    const directory = mkdtempSync(join(tmpdir(), "avnode-vectors-"));
    try {
      const run = spawnSync(PYTHON, ["-B", join(__dirname, "second/make_log_vectors.py"), directory]);
      assert.equal(run.status, 0, String(run.stderr));
      for (const file of readdirSync(directory)) {
        const kept = readFileSync(join(VECTORS, file), "utf8");
        assert.equal(readFileSync(join(directory, file), "utf8"), kept, file);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("tells a recording with one altered byte", () => {
    const directory = mkdtempSync(join(tmpdir(), "avnode-vectors-"));
    try {
      cpSync(VECTORS, directory, { recursive: true });
      const file = join(directory, "recording.json");
      const recording = JSON.parse(readFileSync(file, "utf8"));
      const frame: string = recording.recordings[0].frames[1].frame;
      recording.recordings[0].frames[1].frame = frame.slice(0, -1) + (frame.endsWith("0") ? "1" : "0");
      writeFileSync(file, JSON.stringify(recording));
      const run = read(directory);
      assert.equal(run.status, 1);
      assert.match(run.stderr, /FRAME_TAG/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("writes the vectors and the README's example again, byte for byte", () => {
    const directory = mkdtempSync(join(tmpdir(), "avnode-vectors-"));
    try {
      const readme = join(directory, "README.md");
      copyFileSync(join(VECTORS, "../README.md"), readme);
      const blocks = spawnSync(process.execPath, [
        "-r",
        "ts-node/register/transpile-only",
        join(__dirname, "second/blocks.ts"),
      ]);
      const run = spawnSync(PYTHON, ["-B", join(__dirname, "second/make_vectors.py"), directory, readme], {
        input: blocks.stdout,
        encoding: "utf8",
      });
      assert.equal(run.status, 0, run.stderr);
      for (const name of [
        "frames",
        "keys",
        "chain",
        "recording",
        "refused",
        "claim",
        "receipt",
        "command",
        "release",
      ]) {
        const file = `${name}.json`;
        assert.equal(
          readFileSync(join(directory, file), "utf8"),
          readFileSync(join(VECTORS, file), "utf8"),
          file,
        );
      }
      assert.equal(readFileSync(readme, "utf8"), readFileSync(join(VECTORS, "../README.md"), "utf8"));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
