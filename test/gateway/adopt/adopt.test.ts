import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adoptFile } from "../../../gateway/adopt/adopt";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { scratch } from "../../e2e/rig";
import { noise } from "../export/source";
import { type EdfSpec, edfBytes } from "./edffile";

/** Twelve seconds in records of one, with two seconds missing behind the fifth. */
const SIGNALS = [noise(3000, 32767), noise(3000, 400, 3)];
const SPEC: EdfSpec = {
  reserved: "EDF+D",
  lists: Array.from({ length: 12 }, (_, i) => `+${i < 5 ? i : i + 2}\x14\x14\0`),
  signals: SIGNALS.map((signal, lead) => ({
    label: `ECG ${["I", "II"][lead]}`,
    physical: ["-5", "5"] as [string, string],
    digital: ["-1000", "1000"] as [string, string],
    counts: Array.from({ length: 12 }, (_, i) => [...signal.subarray(250 * i, 250 * (i + 1))]),
  })),
};

describe("Adopting an old recording", () => {
  const dir = scratch(true);
  let number = 0;
  const dataDir = () => join(dir, `store${number++}`);
  const fileOf = (spec: EdfSpec) => {
    const file = join(dir, `old${number++}.edf`);
    writeFileSync(file, edfBytes(spec));
    return file;
  };
  const inStore = async <T>(data: string, act: (store: Store) => Promise<T>) => {
    const store = Store.open({ dataDir: data, kind: "home" });
    try {
      return await act(store);
    } finally {
      store.close();
    }
  };

  it("keeps every count, scale, gap and time, marked as adopted, in a store that verifies", async () => {
    const data = dataDir();
    const { id, known, format } = await inStore(data, (store) => adoptFile(store, fileOf(SPEC), "Ada"));
    assert.equal(known, false);
    assert.equal(format, "EDF+D");
    const reader = StoreReader.open(data);
    const info = reader.recording(id);
    assert.deepEqual(
      [
        info.adopted,
        info.simulated,
        info.state,
        info.person,
        info.samples,
        info.dropped,
        info.holes,
        info.flags,
      ],
      [true, false, "closed", "Ada", 3500, 500, 0, []],
    );
    assert.equal(info.startMs, new Date(2021, 2, 2, 13, 14, 15).getTime());
    assert.equal(info.trust, 0);
    assert.equal(info.open?.frontEnd, "adopted: EDF+D");
    assert.deepEqual(info.open?.leads, [
      { name: "I", unit: "mV", gain: 200, baseline: 0, adcZero: 0 },
      { name: "II", unit: "mV", gain: 200, baseline: 0, adcZero: 0 },
    ]);
    const found = [new Map<number, number>(), new Map<number, number>()];
    for (const { firstSample, samples } of reader.pieces(id)) {
      samples.forEach((lead, index) => {
        lead.forEach((count, i) => {
          found[index]!.set(firstSample + i, count);
        });
      });
    }
    SIGNALS.forEach((signal, lead) => {
      assert.equal(found[lead]!.size, 3000);
      signal.forEach((count, i) => {
        assert.equal(found[lead]!.get(i < 1250 ? i : i + 500), count);
      });
    });
    const report = reader.verify();
    reader.close();
    assert.deepEqual(report.problems, []);
    assert.equal(report.ok, true);
    assert.equal(report.recordings[0]!.verdict, "adopted");
    assert.ok(report.recordings[0]!.notes.includes("adopted: no handheld signed it"));
  });

  it("takes the same file once, and another one beside it", async () => {
    const data = dataDir();
    await inStore(data, async (store) => {
      const file = fileOf(SPEC);
      const first = await adoptFile(store, file);
      const again = await adoptFile(store, file);
      assert.deepEqual([again.id, again.known], [first.id, true]);
      const other = await adoptFile(store, fileOf({ signals: [{ label: "II", counts: [[1, 2, 3]] }] }));
      assert.notEqual(other.id, first.id);
      assert.equal(store.reader.recordings().length, 2);
    });
    await inStore(data, async (store) => {
      assert.equal(store.reader.verify().ok, true);
      assert.equal(store.reader.devices().length, 1);
    });
  });

  it("begins anew where it was cut short", async () => {
    const data = dataDir();
    const file = fileOf(SPEC);
    const cut = await inStore(data, async (store) => {
      const push = store.adopt.bind(store);
      store.adopt = (person, frames) =>
        push(person, (seat) => [...(frames(seat) as Iterable<Uint8Array>)].slice(0, -1));
      return adoptFile(store, file);
    });
    await inStore(data, async (store) => {
      const whole = await adoptFile(store, file);
      assert.equal(whole.known, false);
      assert.equal(store.reader.recording(whole.id).state, "closed");
      assert.ok(store.reader.recording(cut.id).erasedAt !== undefined);
    });
  });

  it("is not for what is simulated, nor for a store of simulated hearts", async () => {
    const simulated = fileOf({ ...SPEC, recording: "Startdate X X SIMULATED avnode_x" });
    await inStore(dataDir(), async (store) => {
      await assert.rejects(adoptFile(store, simulated), { code: "ADOPT_SIMULATED" });
      assert.equal(store.reader.recordings().length, 0);
    });
    const demo = Store.open({ dataDir: dataDir(), kind: "demo" });
    await assert.rejects(adoptFile(demo, fileOf(SPEC)), { code: "ADOPT_STORE" });
    demo.close();
  });

  it("lets nobody speak under the seat's name", async () => {
    await inStore(dataDir(), async (store) => {
      const frames: Uint8Array[] = [];
      const push = store.adopt.bind(store);
      store.adopt = (person, made) =>
        push(person, (seat) => {
          frames.push(...(made(seat) as Iterable<Uint8Array>));
          return frames.slice(0, -1);
        });
      const { id } = await adoptFile(store, fileOf(SPEC));
      const before = store.reader.recording(id).frames;
      const alias = (store as unknown as { devices: { all(): Iterable<{ row: { alias: Buffer } }> } })
        .devices;
      for (const { row } of alias.all()) store.receive(row.alias, frames.at(-1)!);
      store.flush();
      assert.equal(store.reader.recording(id).frames, before);
      assert.equal(store.reader.recording(id).state === "closed", false);
    });
  });
});
