/** What a test needs of the machine. Where it is missing the test skips by name; `.ci/run` sees to it that no tool is. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** Debian's Python: Debian's modules belong to this one, whatever else is on the PATH. */
export const PYTHON = "/usr/bin/python3";
export const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"].find(
  (file) => existsSync(file),
);
/** BlueZ's emulated controllers. */
export const BTVIRT = ["/usr/bin/btvirt", "/usr/sbin/btvirt"].find((file) => existsSync(file));
const ECG_DATA = resolve(__dirname, "..", process.env.AVNODE_ECG_DATA ?? "../shared/data");

/** Skips the test or suite, and says for want of what. */
export function skipUnless(present: boolean, context: Mocha.Context, what: string): void {
  if (present) return;
  console.log(`      skipped: no ${what}`);
  context.skip();
}

/** Skips unless Debian's Python has the module. */
export function skipUnlessPython(
  context: Mocha.Context,
  module: "numpy" | "cryptography" | "mne" | "pydicom" | "fontTools",
): void {
  const { status } = spawnSync(PYTHON, ["-c", `import ${module}`]);
  skipUnless(status === 0, context, `${PYTHON} with ${module} (Debian: python3-${module.toLowerCase()})`);
}

/** Skips unless Debian's tool that converts between biosignal formats is here. */
export function skipUnlessBiosig(context: Mocha.Context): void {
  const { error } = spawnSync("save2gdf", ["--version"]);
  skipUnless(error === undefined, context, "save2gdf (Debian: biosig-tools)");
}

/** Skips unless Debian's checker of DICOM objects is here. */
export function skipUnlessDciodvfy(context: Mocha.Context): void {
  const { error } = spawnSync("dciodvfy", ["-h"]);
  skipUnless(error === undefined, context, "dciodvfy (Debian: dicom3tools)");
}

/** Skips unless DCMTK is here. */
export function skipUnlessDcmtk(context: Mocha.Context): void {
  const { error } = spawnSync("dcmdump", ["--version"]);
  skipUnless(error === undefined, context, "dcmdump (Debian: dcmtk)");
}

export const ORTHANC = ["/usr/sbin/Orthanc", "/usr/bin/Orthanc"].find((file) => existsSync(file));

/** Files of a set of ECG recordings that end so, sorted; none where this machine has no such set. */
export function ecgFiles(set: string, ending: string): string[] {
  const folder = join(ECG_DATA, set);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** Skips unless there are recordings of this set. */
export function skipUnlessEcg(context: Mocha.Context, set: string): void {
  skipUnless(
    ecgFiles(set, ".hea").length > 0,
    context,
    `recordings of ${set}: AVNODE_ECG_DATA names the folder above it`,
  );
}

/** Bouncy Castle as Debian has it. */
export const BOUNCY_CASTLE = "/usr/share/java/bcprov.jar";

/** Skips unless a Java that runs single source files, and Bouncy Castle, are here. */
export function skipUnlessBouncyCastle(context: Mocha.Context): void {
  const compiler = spawnSync("javac", ["-version"]);
  skipUnless(
    compiler.status === 0 && existsSync(BOUNCY_CASTLE),
    context,
    "Java with Bouncy Castle (Debian: default-jdk-headless, libbcprov-java)",
  );
}
