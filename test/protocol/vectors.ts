/** Reads protocol/vectors/*.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "./shapes";

export { CODECS, type Codec, fromJson, type Json, toJson } from "./shapes";

export const VECTORS = join(__dirname, "../../protocol/vectors");

export function readVectors(name: string): Json {
  return JSON.parse(readFileSync(join(VECTORS, name), "utf8"));
}
