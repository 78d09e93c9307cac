/** Holds imports to DESIGN's one direction: gateway → protocol, firmware → protocol, tools → all three. */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import type { Violation } from "./violation";

interface Rule {
  /** Files that the rule is for, by the beginning of their path. */
  from: string;
  /** Folders that they may import. */
  may: string[];
  /** Packages and Node's own modules, unless the rule refuses them all. */
  packages: RegExp | boolean;
}

const RULES: Rule[] = [
  { from: "protocol/", may: ["protocol/"], packages: false },
  // What its `require` brings is in the runtime.
  { from: "firmware/espruino/", may: ["firmware/", "protocol/"], packages: /^(?:Flash|Storage|crypto)$/ },
  { from: "firmware/", may: ["firmware/", "protocol/"], packages: false },
  {
    from: "gateway/store/",
    may: ["gateway/", "protocol/"],
    packages: /^(?!mqtt|aedes|@stoprocent|fastify|@fastify|ws$)/,
  },
  {
    from: "gateway/backup/",
    may: ["gateway/", "protocol/"],
    packages: /^(?!mqtt|aedes|@stoprocent|fastify|@fastify|ws$)/,
  },
  // Server and page share them.
  { from: "gateway/schema/", may: ["gateway/schema/"], packages: /^zod$/ },
  { from: "gateway/", may: ["gateway/", "protocol/"], packages: true },
  { from: "tools/", may: ["tools/", "firmware/", "gateway/", "protocol/"], packages: true },
];
/** Parts of the gateway that the store and its backups know nothing of. */
const NOT_FOR_STORE = [
  "gateway/radio/",
  "gateway/relay/",
  "gateway/mqtt/",
  "gateway/web/",
  "gateway/schema/",
];

function refused(file: string, rule: Rule, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) {
    const allowed = typeof rule.packages === "boolean" ? rule.packages : rule.packages.test(specifier);
    return allowed ? undefined : `${rule.from} does not import ${specifier}: have it injected`;
  }
  const target = normalize(join(dirname(file), specifier)).replaceAll("\\", "/");
  const store =
    (rule.from === "gateway/store/" || rule.from === "gateway/backup/") &&
    NOT_FOR_STORE.some((folder) => target.startsWith(folder));
  if (store || !rule.may.some((folder) => target.startsWith(folder)))
    return `${rule.from} does not import ${target}: it may import ${rule.may.join(", ")}${store ? " but neither radio, relay nor web" : ""}`;
  return undefined;
}

/** @param files relative to `root`; those under no rule, such as tests, may import anything */
export function checkImports(root: string, files: string[]): Violation | undefined {
  for (const file of files) {
    const rule = RULES.find(({ from }) => file.startsWith(from));
    if (!rule) continue;
    const text = readFileSync(join(root, file), "utf8");
    for (const { fileName, pos } of ts.preProcessFile(text, true, true).importedFiles) {
      const message = refused(file, rule, fileName);
      if (message) return { file, line: text.slice(0, pos).split("\n").length, message };
    }
  }
  return undefined;
}
