/**
 * What ts-node makes of a source, kept from one process to the next: tests start hundreds of processes and threads from
 * sources, and transpiling took each of them seconds. The same call as ts-node's own; TypeScript's API alone.
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const ts = require("typescript");

const FOLDER = join(__dirname, "../node_modules/.cache/transpiled");

/** As ts-node asks for it (`transpiler` in tsconfig.json). */
exports.create = ({ service }) => {
  const compilerOptions = service.config.options;
  const from = JSON.stringify([ts.version, compilerOptions]);
  return {
    transpile(input, { fileName }) {
      const key = createHash("sha256").update(`${from}\n${fileName}\n${input}`).digest("hex");
      const kept = join(FOLDER, key);
      try {
        return JSON.parse(readFileSync(kept, "utf8"));
      } catch {}
      const { outputText, sourceMapText } = ts.transpileModule(input, { fileName, compilerOptions });
      const made = { outputText, sourceMapText };
      try {
        mkdirSync(FOLDER, { recursive: true });
        const part = `${kept}.${process.pid}.${process.hrtime.bigint()}`;
        writeFileSync(part, JSON.stringify(made));
        renameSync(part, kept);
      } catch {}
      return made;
    },
  };
};
