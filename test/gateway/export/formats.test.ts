import assert from "node:assert/strict";
import { FORMATS } from "../../../gateway/export/formats";
import { noise, sourceOf } from "./source";

const FROM_SAMPLES = ["wfdb", "edf", "aecg", "csv"] as const;

describe("the formats", () => {
  /** A source that knows how many readings of it are under way. */
  const watched = () => {
    const source = sourceOf({ signals: [noise(200_000, 4000)], lost: [[50_000, 50_010]] });
    const { pieces } = source.study;
    const readings = { begun: 0, ended: 0 };
    source.study.pieces = function* () {
      readings.begun++;
      try {
        yield* pieces();
      } finally {
        readings.ended++;
      }
    };
    return { source, readings };
  };

  for (const format of FROM_SAMPLES) {
    it(`${format}: leaves no reading open, taken to its end or broken off`, async () => {
      const { source, readings } = watched();
      for (const file of await FORMATS[format].make(source)) {
        let bytes = 0;
        for (const piece of file.pieces()) bytes += piece.length;
        if (file.size !== undefined) assert.equal(bytes, file.size);
      }
      assert.ok(readings.begun > 0);
      assert.equal(readings.ended, readings.begun);
      const [file] = await FORMATS[format].make(source);
      let taken = 0;
      for (const _ of file!.pieces()) if (++taken === 2) break;
      assert.equal(readings.ended, readings.begun);
    });

    it(`${format}: gives the same bytes twice, under its endings`, async () => {
      const { source } = watched();
      const whole = async () =>
        (await FORMATS[format].make(source)).map(
          (file) => [file.name, Buffer.concat([...file.pieces()])] as const,
        );
      const files = await whole();
      assert.deepEqual(await whole(), files);
      for (const [name] of files)
        assert.ok(
          FORMATS[format].endings.some((ending) => name === `x${ending}`),
          name,
        );
    });
  }
});
