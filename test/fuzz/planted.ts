/** Decoders with one fault each, that the fuzzer must find; and one without. */
import { refusal } from "../../protocol/refusal";
import type { Target } from "../../tools/fuzz/target";
import { backtracks, forgets, grows, loops, magic, mutters, sound, unsteady } from "./planted-decoders";

function target(name: string, decode: (bytes: Uint8Array) => boolean | Promise<boolean>): Target {
  return {
    name,
    seeds: () => [Buffer.from("a seed that is far from it")],
    codes: /^PLANTED_REFUSAL$/,
    maxBytes: 64,
    run(bytes) {
      if (bytes.length === 0) throw refusal("PLANTED_REFUSAL", "nothing");
      return decode(bytes);
    },
  };
}

export const targets: Target[] = [
  target("sound", sound),
  target("magic", magic),
  target("unsteady", unsteady),
  target("mutters", mutters),
  target("loops", loops),
  target("backtracks", backtracks),
  { ...target("grows", grows), maxSteps: Number.POSITIVE_INFINITY },
  target("forgets", forgets),
];
