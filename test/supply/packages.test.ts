import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LICENCE_FILES } from "../../tools/bill";
import { installed } from "./installed";

const { satisfies } = require("semver") as { satisfies(version: string, range: string): boolean };

const root = join(__dirname, "../..");
const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  /** Comes within another package, under that one's hash. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
  engines?: { node?: string };
}

/** Of one package everywhere, or within what another one brings. */
interface Overrides {
  [name: string]: string | Overrides;
}

const project = read("package.json");
const locked = Object.entries(read("package-lock.json").packages as Record<string, Locked>)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ path, name: path.split("node_modules/").at(-1)!, ...entry }));

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
/** Licences under which the hub may be passed on with the packages that it runs with. */
const FREE = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
  "Unlicense",
  "Zlib",
]);

/** One of its alternatives is free, or every part of it is. */
function isFree(expression: string): boolean {
  const bare = expression.replace(/^\((.*)\)$/, "$1");
  if (/ WITH |[()]/.test(bare) || (/ AND /.test(bare) && / OR /.test(bare))) return false;
  return bare.split(" OR ").some((one) => one.split(" AND ").every((part) => FREE.has(part)));
}

/** Runs foreign code when it is installed. */
const hasScript = ({ scripts, hasGyp }: { scripts: Record<string, string>; hasGyp: boolean }) =>
  hasGyp || ["preinstall", "install", "postinstall"].some((event) => event in scripts);

const allowed: Record<string, boolean> = project.allowScripts;

describe("the packages", () => {
  it("are named in exact versions", () => {
    for (const kind of ["dependencies", "devDependencies", "optionalDependencies"])
      for (const [name, version] of Object.entries(project[kind] ?? {}))
        assert.match(version as string, EXACT, `${name} in ${kind}`);
    const overrides = (entries: Overrides, place: string) => {
      for (const [name, entry] of Object.entries(entries))
        if (typeof entry === "object") overrides(entry, `${place} of ${name}`);
        else assert.match(entry.replace(/^npm:@?[^@]+@/, ""), EXACT, `${name} in ${place}`);
    };
    overrides(project.overrides, "overrides");
  });

  it("are locked in those versions", () => {
    for (const kind of ["dependencies", "devDependencies"])
      for (const [name, version] of Object.entries(project[kind])) {
        const entry = locked.find(({ path }) => path === `node_modules/${name}`);
        assert.equal(entry?.version, version, name);
      }
  });

  it("are locked with their hashes, and come from nowhere but the registry", () => {
    for (const { path, resolved, integrity, optional, os, inBundle } of locked) {
      if (inBundle) continue;
      // Of packages for other systems that the registry did not give when the file was made, the name is all there is.
      if (integrity === undefined) assert.ok(optional && os && resolved === undefined, `${path} has no hash`);
      else assert.match(integrity, /^sha512-/, path);
      if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path);
    }
  });

  it("all run on the oldest Node that avnode runs on", () => {
    const oldest = `${/^>=(\d+\.\d+)$/.exec(project.engines.node)![1]}.0`;
    for (const { path, engines } of locked)
      if (engines?.node) assert.ok(satisfies(oldest, engines.node), `${path} wants Node ${engines.node}`);
    assert.ok(!satisfies(oldest, ">=22"), "a package for Node 22 would pass");
  });

  it("that avnode runs with are under licences that let it be passed on", () => {
    for (const { path, name, license = LICENCE_FILES[name], dev, os, integrity } of locked) {
      if (dev || (os && integrity === undefined)) continue;
      assert.ok(license !== undefined && isFree(license), `${path} is under ${license}`);
    }
    for (const bad of ["GPL-3.0-only", "MIT AND GPL-2.0-only", "SEE LICENSE IN LICENSE", "UNLICENSED"])
      assert.ok(!isFree(bad), bad);
  });
});

describe("code that runs when packages are installed", () => {
  const needed = new Set(locked.filter((one) => one.hasInstallScript).map(({ name }) => name));

  it("is of listed packages only, by the lock file", () => {
    for (const name of needed) assert.ok(name in allowed, `${name} has an install script and is not listed`);
  });

  it("is of listed packages only, by what is installed", () => {
    const known = new Set(locked.map(({ name, version }) => `${name}@${version}`));
    const present = installed().filter(({ name, version }) => known.has(`${name}@${version}`));
    assert.ok(present.length > 100);
    for (const one of present)
      if (hasScript(one))
        assert.ok(one.name in allowed, `${one.name} has an install script and is not listed`);
    assert.ok(
      hasScript({ scripts: { postinstall: "node steal.js" }, hasGyp: false }),
      "a planted script passes",
    );
    assert.ok(hasScript({ scripts: {}, hasGyp: true }), "a planted binding.gyp passes");
  });

  it("is needed by every package that is listed", () => {
    for (const name of Object.keys(allowed))
      assert.ok(needed.has(name), `${name} is listed and has no script`);
  });
});
