import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { addMirror } from "../../../gateway/cli/mirror";
import { Terminal } from "../../../gateway/cli/terminal";

describe("the URL of a mirror", () => {
  it("is asked for when no command line gives it, and one that does is warned of", async () => {
    const folder = mkdtempSync(join(tmpdir(), "avnode-mirror-url-"));
    const told = new PassThrough();
    const typed = new PassThrough();
    const terminal = new Terminal(told as never, told as never, {}, typed as never);
    const run = (args: string[]) => {
      const program = new Command();
      addMirror(program, terminal);
      return program.parseAsync(["mirror", ...args, "--data", join(folder, "m")], { from: "user" });
    };
    try {
      typed.end("not-a-url\n");
      await assert.rejects(run([]), { code: "MIRROR_URL" });
      assert.equal(told.read(), null);
      await assert.rejects(run(["not-a-url"]), { code: "MIRROR_URL" });
      assert.match(String(told.read()), /others on this machine can see a command line/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
