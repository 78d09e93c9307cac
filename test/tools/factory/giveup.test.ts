import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../../protocol/bytes";
import { decodeRevocations } from "../../../protocol/revocations";
import { closeBench } from "../../../tools/factory/opening";
import { readStation, writeStation } from "../../../tools/factory/station";
import { readStatus } from "../../../tools/factory/status";
import { type End, Turn } from "../../../tools/factory/turn";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../tools/factory/virtual/unit";
import { factory } from "./cli";
import { Line, PASSPHRASE } from "./line";

describe("a unit that passed, and whose console answers", function () {
  this.timeout(60_000);
  let line: Line;
  let dir: string;
  before(() => {
    line = new Line();
  });
  beforeEach(() => {
    dir = line.station();
  });
  after(() => line.remove());

  async function turn(unit: VirtualUnit): Promise<End> {
    const bench = line.open(dir);
    try {
      const { signal } = new AbortController();
      const port = virtualPort("slot", () => unit);
      const wire = await port.waitForUnit(signal);
      return await new Turn(bench, port, wire, () => {}, signal)
        .run()
        .finally(() => port.waitForRemoval!(signal));
    } finally {
      await closeBench(bench);
    }
  }

  const run = (words: string[]) => factory([...words, "--keys", line.keys], `${PASSPHRASE}\n`);

  async function evidence() {
    const file = join(line.folder, "T1.json");
    const made = await run(["evidence", dir, "-o", file, "--batch", "T1"]);
    assert.equal(made.exit, 0, made.err);
    const checked = await factory(["check-evidence", file]);
    assert.equal(checked.exit, 0, checked.err);
    const { units, figures } = JSON.parse(readFileSync(file, "utf8"));
    const trust = units.map(({ serial, distrust }: Record<string, unknown>) => [serial, distrust]);
    return { trust, figures, text: readFileSync(join(line.folder, "T1.md"), "utf8") };
  }

  it("is named until it is revoked or given up, and comes again as a new one", async () => {
    const unit = new VirtualUnit({ chip: "chip-0001" });
    assert.equal((await turn(unit)).word, "PASS");
    const device = toHex(unit.identity()!.device);
    assert.deepEqual((await evidence()).trust, [["T1-0001", null]]);

    // It comes back while the next batch is made.
    writeStation(dir, { ...readStation(dir), batch: "T2" });
    unit.harm({ staysOpen: true });
    const opened = await turn(unit);
    assert.equal(opened.code, "E08");
    assert.match(opened.detail, /passed as T1-0001.*factory give-up/);
    assert.match((await factory(["status", dir])).out, /^T1-0001: a console answered.*give-up.*revoke/m);
    const seen = await evidence();
    assert.deepEqual([seen.trust, seen.figures.distrusted], [[["T1-0001", "E08"]], 1]);
    assert.match(seen.text, /^\*\*Nobody is to rely on the identity of T1-0001 \(E08: /m);
    assert.match(seen.text, /^\| T1-0001 .*none: E08/m);

    assert.match((await run(["give-up", dir, "T1-0009", "--reason", "x"])).err, /no unit of this station/);
    assert.equal((await run(["give-up", dir, "T1-0001", "--reason", " "])).exit, 2);
    const { exit, out, err } = await run(["give-up", dir, "T1-0001", "--reason", "opened by a customer"]);
    assert.deepEqual([exit, /chip chip-0001 comes again as new/.test(out)], [0, true], err);
    assert.match(err, /factory revoke .* --given-up/);
    const { status } = readStatus(dir);
    assert.deepEqual(
      [
        status.problems,
        status.passed,
        status.failed,
        status.turns,
        status.lines,
        status.givenUp,
        status.opened,
      ],
      [[], 0, 1, 2, 3, 1, []],
    );
    assert.deepEqual(
      [existsSync(join(dir, `papers/${device}.dossier`)), readdirSync(join(dir, "papers/unknown"))],
      [false, [`${device}.dossier`]],
    );
    assert.equal(existsSync(join(dir, "labels/T1-0001.png")), false);

    writeStation(dir, { ...readStation(dir), batch: "T1" });
    const again = await turn(new VirtualUnit({ chip: "chip-0001" }));
    assert.deepEqual([again.word, again.serial], ["PASS", "T1-0002"]);
    assert.deepEqual([readStatus(dir).status.problems, readStatus(dir).status.passed], [[], 1]);
    const { trust, figures, text } = await evidence();
    assert.deepEqual(trust, [
      ["T1-0001", "GIVEN-UP"],
      ["T1-0002", null],
    ]);
    assert.deepEqual([figures.turns, figures.passedTurns, figures.unitsPassed], [3, 2, 2]);
    assert.match(text, /T1-0001 \(GIVEN-UP: opened by a customer\)/);

    assert.equal((await run(["revoke", dir, "--given-up", "--reason", "opened"])).exit, 0);
    const list = decodeRevocations(readFileSync(join(dir, "revocations/000001.avnode-revocations")));
    assert.deepEqual(
      list.entries.map((entry) => toHex(entry.device)),
      [device],
    );
  });

  it("is named no more once a list revokes it", async () => {
    const unit = new VirtualUnit({ chip: "chip-0001" });
    await turn(unit);
    unit.harm({ staysOpen: true });
    await turn(unit);
    assert.deepEqual(readStatus(dir).status.opened, ["T1-0001"]);
    assert.equal((await run(["revoke", dir, "T1-0001", "--reason", "opened"])).exit, 0);
    assert.deepEqual(readStatus(dir).status.opened, []);
  });
});
