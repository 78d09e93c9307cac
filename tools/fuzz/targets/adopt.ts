/** Recordings of strangers, brought for adoption. */
import { decodeEdf } from "../../../gateway/adopt/edf";
import type { Target } from "../target";

/** One signal and one list of annotations, two records of two samples and eight characters. */
function edf(mark: string, kind: string, width: number): Buffer {
  const two = (size: number, first: string, second: string) => first.padEnd(size) + second.padEnd(size);
  const list = kind === "" ? "T" : `${mark} Annotations`;
  const head =
    `${mark === "BDF" ? "\xffBIOSEMI" : "0".padEnd(8)}${"X".padEnd(160)}01.02.0312.30.00${"768".padEnd(8)}` +
    `${kind.padEnd(44)}${"2".padEnd(8)}${"1".padEnd(8)}${"2".padEnd(4)}` +
    two(16, "I", list) +
    two(80, "", "") +
    two(8, "mV", "") +
    two(8, "-1", "-1") +
    two(8, "1", "1") +
    two(8, "-32768", "-32768") +
    two(8, "32767", "32767") +
    two(80, "", "") +
    two(8, "2", "4") +
    two(32, "", "");
  const records = ["+0", "+5"].map((onset) => {
    const bytes = Buffer.alloc(6 * width);
    bytes.write(`${onset}\x14\x14\0`, 2 * width, "latin1");
    return bytes;
  });
  return Buffer.concat([Buffer.from(head, "latin1"), ...records]);
}

const decoded: Target = {
  name: "edf",
  seeds: () => [edf("EDF", "", 2), edf("EDF", "EDF+D", 2), edf("BDF", "", 3), edf("BDF", "BDF+D", 3)],
  words: [
    "-1",
    "0",
    "1e9",
    "99999999",
    "9999",
    "EDF+C",
    "EDF+D",
    "BDF+D",
    "\x14\x14\0",
    "+0\x14\x14\0",
    "\x15",
  ],
  maxBytes: 2000,
  codes: /^ADOPT_(FORMAT|HEADER|SIZE|TOO_LARGE|ANNOTATION)$/,
  run(bytes) {
    const { header, leads, onsets } = decodeEdf(bytes, "r.edf");
    if (onsets.length !== header.records || !onsets.every(Number.isFinite))
      throw new Error("has records without a time");
    for (const { samples, samplesPerRecord } of leads)
      if (samples.length !== samplesPerRecord * header.records)
        throw new Error(`has ${samples.length} samples`);
    return true;
  },
};

export const adopt: Target[] = [decoded];
