/** Walks node_modules by itself: what is really there, by nobody's list. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Installed {
  name: string;
  version: string;
  /** As package.json has it, an old form's first. */
  license: unknown;
  scripts: Record<string, string>;
  folder: string;
  /** npm builds such a package when it is installed, whether or not it says so. */
  hasGyp: boolean;
}

/** Folder that node_modules lies in, also where it is a link. */
export const ROOT = dirname(realpathSync(join(__dirname, "../../node_modules")));

export function installed(root = ROOT): Installed[] {
  const found: Installed[] = [];
  const enter = (folder: string) => {
    const file = join(folder, "package.json");
    if (existsSync(file)) {
      const { name, version, license, licenses, scripts } = JSON.parse(readFileSync(file, "utf8"));
      found.push({
        name,
        version,
        license: license ?? licenses?.[0]?.type,
        scripts: scripts ?? {},
        folder,
        hasGyp: existsSync(join(folder, "binding.gyp")),
      });
    }
    walk(join(folder, "node_modules"));
  };
  const walk = (modules: string) => {
    if (!existsSync(modules)) return;
    for (const { name } of readdirSync(modules, { withFileTypes: true })) {
      if (name.startsWith(".")) continue;
      if (!name.startsWith("@")) enter(join(modules, name));
      else for (const scoped of readdirSync(join(modules, name))) enter(join(modules, name, scoped));
    }
  };
  walk(join(root, "node_modules"));
  return found;
}
