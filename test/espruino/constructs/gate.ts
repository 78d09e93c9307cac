/** What `npm run lint` says of each construct: its types (tsc, lib es5), then the gate's own layers. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import ts from "typescript";
import { checkBundle } from "../../../tools/lint/bundle";
import { checkTyped } from "../../../tools/lint/typed";
import type { Construct } from "./construct";

const ROOT = join(__dirname, "../../..");

/** As `npm run types` sees protocol/ and firmware/. @returns the first complaint about each file */
function checkTypes(root: string, files: string[]): Map<string, string> {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.firmware.json"), (name) =>
    readFileSync(name, "utf8"),
  );
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram(
    files.map((file) => join(root, file)),
    // What a construct leaves unused is no fault of it.
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
  );
  const complaints = new Map<string, string>();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file ? relative(root, file.fileName) : "";
    if (!complaints.has(name)) complaints.set(name, ts.flattenDiagnosticMessageText(messageText, "\n"));
  }
  return complaints;
}

/** @returns per construct what lint says against it, "" for nothing */
export function askGate(constructs: Construct[]): string[] {
  const root = mkdtempSync(join(tmpdir(), "avnode-gate-"));
  try {
    mkdirSync(join(root, "protocol"));
    const files = constructs.map((_, i) => `protocol/c${i}.ts`);
    for (const [i, { code }] of constructs.entries()) {
      writeFileSync(
        join(root, files[i]!),
        `declare function ok(value: boolean): void;\n${code}\nexport {};\n`,
      );
    }
    const types = checkTypes(root, files);
    const typed = checkTyped(
      root,
      files.map((file) => join(root, file)),
    );
    return files.map(
      (file) =>
        types.get(file) ??
        checkBundle(root, [file])?.message ??
        typed.find((violation) => violation.file === file)?.message ??
        "",
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}
