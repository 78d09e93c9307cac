import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addService } from "../../../gateway/cli/service";
import { CliError, Exit, Terminal } from "../../../gateway/cli/terminal";
import { unusable } from "../../../gateway/health/unit";
import { scratch } from "../../e2e/rig";
import { skipUnless } from "../../machine";

const PLACED = { node: "/usr/bin/env", program: "/opt/avnode/dist/avnode.js" };

function service(words: string[], running = PLACED): string {
  let out = "";
  const write = (text: string) => {
    out += text;
    return true;
  };
  const terminal = new Terminal({ write } as unknown as NodeJS.WriteStream);
  const program = new Command().exitOverride();
  addService(program, terminal, () => running);
  program.parse(["service", ...words], { from: "user" });
  return out;
}

function refusal(pattern: RegExp, words: string[], running = PLACED): void {
  assert.throws(
    () => service(words, running),
    (error: Error) => error instanceof CliError && error.exit === Exit.usage && pattern.test(error.message),
  );
}

describe("avnode service", () => {
  const folder = scratch(true);

  it("prints a unit that starts this program", () => {
    const lines = service([]).split("\n");
    assert.ok(lines.includes(`ExecStart=${PLACED.node} ${PLACED.program} start --role relay,store`));
    assert.ok(
      lines.includes(
        `#   ${PLACED.node} ${PLACED.program} service --role relay,store > /etc/systemd/system/avnode.service`,
      ),
    );
    assert.ok(lines.includes("Type=notify"));
    assert.ok(lines.includes("WantedBy=multi-user.target"));
  });

  it("lets the hub write where its configuration says, and refuses a folder out of reach", function () {
    skipUnless(unusable(folder) === undefined, this, "/dev/shm, a folder that a service would see");
    const file = join(folder, "avnode.yaml");
    writeFileSync(file, "dataDir: /srv/ecg\nbackup: { dir: /media/stick, everyHours: 24 }\n");
    const text = service(["--config", file]);
    assert.ok(text.includes("\nReadWritePaths=-/srv/ecg -/media/stick\n"));
    assert.ok(text.includes("status --data /srv/ecg\n"));
    assert.ok(text.includes(`start --role relay,store --config ${file}\n`));
    writeFileSync(file, "backup: { dir: /home/me/stick, everyHours: 24 }\n");
    refusal(/^backup\.dir: \/home\/me\/stick is under \/home/, ["--config", file]);
  });

  it("refuses Node and the program where the service would not see them", () => {
    refusal(/^Node: \/root\/n\/bin\/node is under \/root/, [], { ...PLACED, node: "/root/n/bin/node" });
    refusal(
      /^the program: \/home\/me\/av\/dist\/avnode\.js is under \/home.*: sudo cp -a '\/home\/me\/av' \/opt\/avnode; /,
      [],
      { ...PLACED, program: "/home/me/av/dist/avnode.js" },
    );
  });

  it("refuses a configuration out of reach, an unknown role, and a relay without a broker", () => {
    refusal(/^--config: .* is under \/tmp/, ["--config", "/tmp/avnode.yaml"]);
    refusal(/^--role page: /, ["--role", "page"]);
    refusal(/broker\.url/, ["--role", "relay"]);
  });
});
