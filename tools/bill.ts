/**
 * What is installed, as a CycloneDX bill of materials. npm itself makes it: a generator of its own would bring more
 * packages than it lists. What npm puts into it of time, chance and place goes, so that two machines with one lock file
 * get the same bytes.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Component {
  "bom-ref": string;
  name: string;
  version: string;
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[];
}

export interface Sbom {
  bomFormat: string;
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Packages whose package.json names no licence, or none that npm's lock file repeats, with the one that lies beside it. */
export const LICENCE_FILES: Record<string, string> = { memorystream: "MIT", "png-js": "MIT" };

/** Thrown with what npm says when it cannot name what is installed. */
export class SbomError extends Error {
  readonly code = "SBOM";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param root folder with package.json and node_modules; @throws SbomError */
export function makeSbom(root: string): Sbom {
  const npm = spawnSync("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    // Under `npm run --silent` it would not say why it failed.
    env: { ...process.env, npm_config_loglevel: "error" },
    // Windows has npm.cmd.
    shell: process.platform === "win32",
  });
  if (npm.status !== 0)
    throw new SbomError(
      `cannot list what is installed in ${root}: ${npm.error?.message ?? npm.stderr.split("\n").slice(0, 5).join("; ")}. Run npm ci`,
    );
  const sbom = JSON.parse(npm.stdout) as Sbom;
  delete sbom.serialNumber;
  delete sbom.metadata.timestamp;
  // npm takes the folder's name.
  sbom.metadata.component.name = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).name;
  // npm names a component by its folder, which an alias of package.json's overrides calls otherwise than the package.
  for (const one of sbom.components) one.name = one["bom-ref"].slice(0, one["bom-ref"].indexOf("@", 1));
  for (const one of sbom.components)
    if (!one.licenses && one.name in LICENCE_FILES)
      one.licenses = [{ license: { id: LICENCE_FILES[one.name] } }];
  sbom.components.sort((a, b) => compare(a["bom-ref"], b["bom-ref"]));
  sbom.dependencies.sort((a, b) => compare(a.ref, b.ref));
  for (const { dependsOn } of sbom.dependencies) dependsOn.sort(compare);
  return sbom;
}
