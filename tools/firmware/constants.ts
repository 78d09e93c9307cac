/**
 * Puts constants where they are used. The interpreter finds a name by going through all that the script declares, so that
 * a constant costs as much as a call; esbuild writes its value instead, but only if nothing stands before it that might
 * run. So those of a whole bundle go to its head, and tables of numbers become enumerations.
 */

const CONSTANT = /^(?:var|const) (\w+) = ([-+*/%<>|&^~()\w\s.]+);$/gm;
const TABLE = /^(?:var|const) (\w+) = \{\n((?: {2}(?:\/\/.*|\/\*.*\*\/|\w+: -?\w+,?)\n)+)\};$/gm;
const ENTRY = /^ {2}(\w+): (-?\d\w*),?$/gm;
const NAME = /(?<![\w.])[A-Za-z_]\w*(?:\.\w+)?/g;

/** Of the same number of lines: the source map stays true. */
const blank = (text: string) => text.replaceAll(/[^\n]/g, "");

/** True when nothing but the values in it is asked of a table. */
function onlyRead(code: string, name: string, keys: string[]): boolean {
  const uses = code.match(new RegExp(`(?<![\\w.])${name}\\b(?!\\s*:)`, "g"))!.length;
  const read = code.match(new RegExp(`(?<![\\w.])${name}\\.(?:${keys.join("|")})\\b(?!\\s*=[^=])`, "g"));
  return uses === 1 + (read ? read.length : 0);
}

function assignedLater(code: string, name: string): boolean {
  const assigned = new RegExp(`(?<![\\w.])${name}(?:\\+\\+|--| (?:[-+*/%&|^]|<<|>>>?)?= )`, "g");
  return code.match(assigned)!.length > 1;
}

/**
 * @param bundle a script of esbuild, not minified, that begins with a line of its own ("use strict")
 * @returns TypeScript of as many lines
 */
export function hoistConstants(bundle: string): string {
  const known = new Set<string>();
  const constants: string[] = [];
  const tables: string[] = [];
  let code = bundle.replaceAll(TABLE, (whole: string, name: string, body: string) => {
    const entries = [...body.matchAll(ENTRY)];
    const keys = entries.map(([, key]) => key!);
    if (!onlyRead(bundle, name, keys)) return whole;
    for (const key of keys) known.add(`${name}.${key}`);
    tables.push(`const enum ${name} { ${entries.map(([, key, value]) => `${key} = ${value}`).join(", ")} }`);
    return blank(whole);
  });
  code = code.replaceAll(CONSTANT, (whole: string, name: string, value: string) => {
    if (assignedLater(bundle, name) || !(value.match(NAME) ?? []).every((used) => known.has(used)))
      return whole;
    known.add(name);
    (value.includes(".") ? tables : constants).push(`const ${name} = ${value};`);
    return blank(whole);
  });
  return `${[...constants, ...tables].join(" ")}${code.slice(code.indexOf("\n"))}`;
}
