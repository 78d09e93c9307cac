/** What people type and write: the claim code and the configuration file. */
import { parseConfig } from "../../../gateway/config/config";
import { decodeClaimCode, encodeClaimCode } from "../../../protocol/claim";
import type { Target } from "../target";
import { type Json, listedCodes, readVectors, refusedSeeds } from "./vectors";

const claimCode: Target = {
  name: "claimCode",
  seeds: () => {
    const codes: Json[] = readVectors("claim.json").codes;
    const texts = codes.flatMap((one) => [one.text, one.qr, ...one.accepted]);
    return [...texts.map((text) => Buffer.from(text)), ...refusedSeeds("claimCode")];
  },
  // A Kelvin sign and a dotted capital I fold to ASCII letters in some cases.
  words: ["av1", "avnode:", "AVNODE:", " ", "-", "\u212a", "\u0130", "\ud83d\ude00", "b", "i", "o", "1"],
  maxBytes: 200,
  codes: listedCodes("CLAIM_CODE"),
  run(bytes) {
    const typed = Buffer.from(bytes).toString("utf8");
    const code = decodeClaimCode(typed);
    const bare = typed
      .replace(/[\s-]/g, "")
      .toLowerCase()
      .replace(/^avnode:/, "")
      .replace(/^av1/, "");
    const printed = encodeClaimCode(code).replace(/ /g, "").slice(3);
    if (printed !== bare) throw new Error(`${JSON.stringify(typed)} was read, but is printed ${printed}`);
    return true;
  },
};

const CONFIGS = [
  "name: hall\ndataDir: /var/lib/avnode\nlogLevel: info\nbroker:\n  port: 1883\n",
  "broker:\n  url: mqtts://broker.home:8883\n  username: hub\n  password: 'x: y'\n  ca: ca.pem\n  cert: c.pem\n  key: k.pem\n",
  "broker: {url: mqtt://h, port: 3}\n",
  "a: &a [*a, *a]\n",
  "? [complex, {key: 1}]\n: |\n  text\n",
  "--- !!map\n<<: {name: x}\n...\n%YAML 1.1\n---\nname: !!binary aGk=\n",
  "nmae: hall\n",
  "",
];

const config: Target = {
  name: "config",
  seeds: () => CONFIGS.map((text) => Buffer.from(text)),
  words: [
    "&a ",
    "*a",
    "<<: ",
    "!!set ",
    "!!omap ",
    "? ",
    "- ",
    ": ",
    "|-\n",
    ">\n",
    "{",
    "[",
    "\t",
    "%TAG ! x\n",
  ],
  maxBytes: 1000,
  codes: /^CONFIG$/,
  run(bytes) {
    const read = parseConfig(Buffer.from(bytes).toString("utf8"), "avnode.yaml");
    if (read === null || typeof read !== "object") throw new Error("is no configuration");
    if ((Object.prototype as { polluted?: unknown }).polluted !== undefined)
      throw new Error("changed Object");
    return true;
  },
};

export const texts: Target[] = [claimCode, config];
