/** The first time-stamped list of a record says when the record begins (EDF+ 2.2.4). */
import { AdoptError } from "./error";

const SEPARATOR = "\x14";
const ONSET = /^[+-]\d{1,12}(\.\d{1,12})?$/;
/** Of a first list: the time, and annotations of it, of which writers put few. */
const MAX_LIST_BYTES = 4096;

/** @param bytes the record's annotations @throws AdoptError EDF_TIMES */
export function recordTime(bytes: Uint8Array, record: number): { seconds: number; hasMore: boolean } {
  const end = bytes.subarray(0, MAX_LIST_BYTES).indexOf(0);
  const list = Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString("latin1");
  const [onset = "", first, ...more] = list.split(SEPARATOR);
  if (!ONSET.test(onset) || first !== "" || more.at(-1) !== "") {
    throw new AdoptError(
      "EDF_TIMES",
      `record ${record} does not say when it begins`,
      "write the file again: EDF+ wants a time at the head of every record",
    );
  }
  const hasMore = more.length > 1 || bytes.subarray(end).some((byte) => byte !== 0);
  return { seconds: Number(onset), hasMore };
}
