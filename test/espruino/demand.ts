/** Stands before `npm run test:espruino`: there the interpreter is demanded, while `npm test` does without it. */
import { accessSync, constants } from "node:fs";

const binary = process.env.AVNODE_ESPRUINO;
try {
  if (!binary) throw new Error("AVNODE_ESPRUINO is not set");
  accessSync(binary, constants.X_OK);
} catch (error) {
  console.error(`cannot test on the real interpreter: ${(error as Error).message}`);
  console.error(
    "hint: build Espruino 2v29 for Linux (its README says how), and set AVNODE_ESPRUINO to its path",
  );
  process.exitCode = 1;
}
