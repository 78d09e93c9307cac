import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { restore } from "../../../gateway/backup/restore";
import { runBackup } from "../../../gateway/backup/run";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { startHub } from "../../../gateway/hub";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { scratch } from "../../e2e/rig";
import { skipUnlessPython } from "../../machine";
import { edfBytes } from "../adopt/edffile";
import { digestOf, readBack } from "../export/read";
import { noise } from "../export/source";
import { Rig } from "../store/rig";

const SIGNAL = noise(2500, 30_000);

describe("avnode adopt", function () {
  this.timeout(60_000);
  const dir = scratch(true);
  const data = join(dir, "home");
  const file = join(dir, "old.edf");
  let id: string;

  async function avnode(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const caught = { out: "", err: "" };
    const into = (which: "out" | "err") =>
      ({
        write: (text: string) => {
          caught[which] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(into("out"), into("err"), { AVNODE_DATA: data });
    const code = await run(words, "0.0.0", {}, terminal);
    return { code, ...caught };
  }

  before(async () => {
    Store.open({ dataDir: data, kind: "home" }).close();
    writeFileSync(
      file,
      edfBytes({
        lists: Array.from({ length: 10 }, (_, i) => `+${i}\x14\x14\0`),
        signals: [
          {
            ...{
              label: "ECG II",
              physical: ["-32767", "32767"],
              digital: ["-32767", "32767"],
              dimension: "uV",
            },
            counts: Array.from({ length: 10 }, (_, i) => [...SIGNAL.subarray(250 * i, 250 * (i + 1))]),
          },
        ],
      }),
    );
    const { code, out, err } = await avnode("adopt", file, "--person", "Ada", "--json");
    assert.equal(code, 0, err);
    id = JSON.parse(out).id;
  });

  it("tells what it did, and of the same file that it is here already", async () => {
    const { code, out, err } = await avnode("adopt", file);
    assert.equal(code, 0);
    assert.equal(out, `${file} is here already: recording ${id}\n`);
    assert.match(err, /no time zone/);
  });

  it("says on every list that no handheld signed it", async () => {
    assert.match((await avnode("recordings")).out, new RegExp(`^${id} .* Ada +adopted$`, "m"));
    assert.match((await avnode("show", id)).out, /adopted: no handheld signed it/);
    assert.match((await avnode("devices")).out, /adopted/);
    const { code, out, err } = await avnode("verify");
    assert.equal(code, 0, out);
    assert.match(out, new RegExp(`^${id} +ADOPTED .*adopted: no handheld signed it`, "m"));
    assert.match(err, /1 adopted, which no handheld signed/);
  });

  it("gives a proof that says so, and is no proof of a handheld", async () => {
    const proof = join(dir, "old.proof");
    assert.equal((await avnode("proof", id, "-o", proof, "--open")).code, 0);
    const { code, out, err } = await avnode("verify", proof);
    assert.equal(code, 1);
    assert.match(out + err, /adopted: no handheld signed it/);
    assert.match(out + err, /adopted: a file that a hub took over; no handheld signed it/);
  });

  const exported = async (format: string, ending = format): Promise<string> => {
    const out = join(dir, `out.${ending}`);
    const { code, err } = await avnode("export", id, "--format", format, "-o", out);
    assert.equal(code, 0, err);
    return out;
  };

  it("says so in what it exports", async () => {
    for (const format of ["csv", "fhir", "edf", "dicom", "aecg"]) {
      const text = readFileSync(await exported(format), "latin1");
      assert.match(text, /adopted from a file: no handheld signed it/, format);
    }
    await exported("wfdb", "hea");
    assert.match(readFileSync(join(dir, "out.hea"), "latin1"), /^#.*adopted from a file/m);
  });

  it("knows its own exports: refused where their recording is, and told of elsewhere", async () => {
    const elsewhere = join(dir, "elsewhere");
    Store.open({ dataDir: elsewhere, kind: "home" }).close();
    for (const format of ["edf", "dicom"]) {
      const out = await exported(format);
      const here = await avnode("adopt", out);
      assert.equal(here.code, 3);
      assert.match(
        here.err,
        new RegExp(`is avnode's own export of recording ${id}, which is here; .*ADOPT_EXPORT`),
      );
      const there = await avnode("adopt", out, "--data", elsewhere);
      assert.equal(there.code, 0, there.err);
      assert.match(there.err, new RegExp(`an avnode's export of recording ${id}`));
    }
  });

  it("takes no simulated export, into a person's store or a demo's", async () => {
    const rig = new Rig();
    try {
      const handheld = rig.claimed();
      rig.deliver(handheld, handheld.record(3));
      const simulated = rig.store.reader.recordings()[0]!.id;
      rig.store.flush();
      rig.time.restore();
      for (const format of ["edf", "dicom"]) {
        const out = join(dir, `simulated.${format}`);
        const made = await avnode("export", simulated, "--format", format, "-o", out, "--data", rig.dataDir);
        assert.equal(made.code, 0, made.err);
        assert.match((await avnode("adopt", out)).err, /ADOPT_SIMULATED/);
        const demo = Store.open({ dataDir: join(dir, `demo-${format}`), kind: "demo" });
        demo.close();
        const { err } = await avnode("adopt", out, "--data", join(dir, `demo-${format}`));
        assert.match(err, /what is adopted would no longer bear that mark \(ADOPT_SIMULATED\)/);
      }
    } finally {
      rig.end();
    }
  });

  it("exports what another reader finds equal to the old file", async function () {
    skipUnlessPython(this, "mne");
    const { code, out, err } = await avnode(
      "export",
      id,
      "--format",
      "edf",
      "-o",
      join(dir, "out.edf"),
      "--json",
    );
    assert.equal(code, 0, out + err);
    const leads = [{ gain: 1, baseline: 0 }];
    const [found] = readBack([{ reader: "mne", file: join(dir, "out.edf"), leads, samples: 2500 }]);
    assert.deepEqual(found!.digests, [digestOf(SIGNAL)]);
  });

  it("comes back from a backup, and a later file gets a key of its own", async () => {
    let code: Uint8Array | undefined;
    runBackup({
      ...{ dataDir: data, dir: join(dir, "backup") },
      onCode: (made) => {
        code = made;
      },
    });
    const other = join(dir, "other.edf");
    writeFileSync(other, edfBytes({ signals: [{ label: "II", counts: [[1, 2]] }] }));
    const first = JSON.parse((await avnode("adopt", other, "--json")).out).id;
    const restored = join(dir, "restored");
    restore({ dir: join(dir, "backup"), dataDir: restored, code: code! });
    const second = JSON.parse((await avnode("adopt", other, "--json", "--data", restored)).out).id;
    assert.notEqual(second, first);
    const reader = StoreReader.open(restored);
    assert.equal(reader.recording(id).adopted, true);
    assert.deepEqual(
      reader.verify().recordings.map(({ verdict }) => verdict),
      ["adopted", "adopted"],
    );
    reader.close();
  });

  it("refuses with the reason, its code and what to do", async () => {
    const broken = join(dir, "broken.edf");
    writeFileSync(broken, "no such format".repeat(40));
    const { code, err } = await avnode("adopt", broken);
    assert.equal(code, 3);
    assert.match(err, /^avnode: cannot adopt .*broken\.edf: does not begin .*; check .* \(EDF_VERSION\)\n$/);
    const missing = await avnode("adopt", join(dir, "none"));
    assert.equal(missing.code, 3);
    assert.match(missing.err, /ADOPT_FILE/);
  });

  it("leaves it to the hub that runs, once, and says why that refuses", async () => {
    const hub = await startHub({ dataDir: data, kind: "home", broker: "memory", adopt: true });
    try {
      const beside = join(dir, "beside.edf");
      writeFileSync(beside, edfBytes({ signals: [{ label: "II", counts: [[3, 4, 5]] }] }));
      const { code, out, err } = await avnode("adopt", beside, "--person", "Bo", "--json");
      assert.equal(code, 0, err);
      assert.match(err, /the hub is running and adopts it/);
      const adopted = JSON.parse(out);
      assert.equal(adopted.known, false);
      assert.equal(hub.store!.reader.recording(adopted.id).person, "Bo");
      assert.match(
        (await avnode("adopt", beside)).out,
        new RegExp(`is here already: recording ${adopted.id}`),
      );
      const refused = await avnode("adopt", join(dir, "broken.edf"));
      assert.equal(refused.code, 3);
      assert.match(refused.err, /cannot adopt .*broken\.edf: does not begin .* \(EDF_VERSION\)\n$/);
      // Nothing of a patient's file is left lying about.
      assert.deepEqual(readdirSync(join(data, "adopting")), []);
    } finally {
      await hub.stop();
    }
    const reader = StoreReader.open(data);
    assert.equal(reader.verify().ok, true);
    reader.close();
  });

  it("does not wait for ever for another program that has the store", async () => {
    const store = Store.open({ dataDir: data, kind: "home" });
    setTimeout(() => store.close(), 500);
    const { code, err } = await avnode("adopt", file);
    assert.equal(code, 3);
    assert.match(err, /the hub ended before it had adopted .*: it goes on when it starts again/);
  });
});
