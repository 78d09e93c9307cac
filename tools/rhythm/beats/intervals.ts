/**
 * Trains the forest that knows beats by their intervals; the same annotations give the same file, byte for byte:
 *
 *     ts-node tools/rhythm/beats/intervals.ts DATA…      writes gateway/rhythm/beats/timing-model.ts
 *
 * Each DATA may hold `ltafdb/`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeForest } from "../../../gateway/rhythm/trees/nodes";
import { timedRecords, trainTiming } from "./timing";

const SEED = "a";

const records = timedRecords(process.argv.slice(2), SEED);
if (records.length === 0) throw new Error("name the folders that hold ltafdb/");
const beats = records.reduce((sum, { labels }) => sum + labels.length, 0);
const text = `/**
 * The forest that knows beats by their intervals (timing.ts), as base64. Written by
 * \`ts-node tools/rhythm/beats/intervals.ts DATA…\`, seed "${SEED}"; do not edit. It saw ${beats} beats of the Long-Term AF
 * Database (ODC-BY 1.0), annotations only, records
 * ${records.map(({ name }) => name).join(" ")}.
 */
export const TIMING_FOREST =
  "${encodeForest(trainTiming(records, SEED)).toString("base64")}";
`;
writeFileSync(join(__dirname, "../../../gateway/rhythm/beats/timing-model.ts"), text);
