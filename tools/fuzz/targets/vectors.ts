/** Seeds from protocol/vectors, and the codes that the specifications list. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "../../../protocol/bytes";

const PROTOCOL = join(__dirname, "../../../protocol");

// biome-ignore lint/suspicious/noExplicitAny: vectors are free-form JSON
export type Json = any;

export function readVectors(name: string): Json {
  return JSON.parse(readFileSync(join(PROTOCOL, "vectors", name), "utf8"));
}

/** Inputs that the named decoder must refuse. */
export function refusedSeeds(decoder: string): Uint8Array[] {
  const refused: Json[] = readVectors("refused.json").refused;
  return refused
    .filter((one) => one.decoder === decoder)
    .map(({ input, text }) => (text === undefined ? fromHex(input) : Buffer.from(text)));
}

/** Bodies and messages of the named decoder, good and bad. */
export function seedsOf(decoder: string): Uint8Array[] {
  const files = ["frames.json", "receipt.json", "command.json", "claim.json"];
  const sealed: Json[] = files.flatMap((file) => readVectors(file).frames);
  const messages: Json[] = readVectors("session.json").messages;
  return [
    ...sealed.filter((one) => one.decoder === decoder).map((one) => fromHex(one.body)),
    ...messages.filter((one) => one.decoder === decoder).map((one) => fromHex(one.message)),
    ...refusedSeeds(decoder),
  ];
}

let specified: string[] | undefined;

/** Codes that protocol/README.md or codec/README.md lists and that begin so; `*_TRUNCATED` and the like stand for any. */
export function listedCodes(...prefixes: string[]): RegExp {
  specified ??= ["README.md", "codec/README.md"].flatMap((file) =>
    [...readFileSync(join(PROTOCOL, file), "utf8").matchAll(/`([A-Z*]+(?:_[A-Z]+)+)`/g)].map(
      ([, code]) => code!,
    ),
  );
  const general = specified.filter((code) => code.startsWith("*_")).map((code) => code.slice(2));
  const listed = specified.filter((code) => prefixes.some((prefix) => code.startsWith(`${prefix}_`)));
  return new RegExp(`^(?:${listed.join("|") || "(?!)"}|(?:${prefixes.join("|")})_(?:${general.join("|")}))$`);
}
