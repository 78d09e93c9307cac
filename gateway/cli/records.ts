/** WFDB records as people name them: by name, by any of their files, or all of a directory. */
import { readdirSync, type Stats, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { CliError, Exit } from "./terminal";

export interface NamedRecords {
  /** Paths without `.hea`, each once, in the order in which they were named; those of a directory by name. */
  records: string[];
  /** One for each name behind which no record is. */
  errors: CliError[];
}

/** @param doing what is being done to them, in errors: "analyze" */
export function recordsNamed(names: string[], doing: string): NamedRecords {
  const records = new Set<string>();
  const errors: CliError[] = [];
  for (const name of names) {
    try {
      for (const record of recordsOf(name)) records.add(normalize(record));
    } catch (error) {
      errors.push(new CliError(Exit.failed, `cannot ${doing} ${name}: ${(error as Error).message}`));
    }
  }
  return { records: [...records], errors };
}

/** @throws Error whose message says why there is none, and what to do */
function recordsOf(name: string): string[] {
  const is = stats(name);
  if (is?.isDirectory()) return recordsIn(name);
  // Signal and annotation files are named by whoever lets a shell complete.
  const bases = is ? [name, name.slice(0, -extname(name).length || undefined)] : [name.replace(/\.hea$/, "")];
  const base = bases.find((each) => stats(`${each}.hea`)?.isFile());
  if (base !== undefined) return [base];
  throw new Error(
    is
      ? `it is no WFDB record: there is no ${bases[1]}.hea; name a record's header, or a directory of records`
      : `there is no ${bases[0]}.hea; name a WFDB record, or a directory of them`,
  );
}

function recordsIn(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; name a directory that you may read`);
  }
  const headers = names.filter((each) => each.endsWith(".hea")).sort();
  if (headers.length > 0) return headers.map((each) => join(directory, each.slice(0, -".hea".length)));
  const below = names.filter((each) => stats(join(directory, each))?.isDirectory()).sort();
  throw new Error(
    below.length > 0
      ? `no record there, only folders; name one of them: ${below.slice(0, 5).join(", ")}${below.length > 5 ? ", …" : ""}`
      : "no record there; put a .hea beside each signal, or name another directory",
  );
}

/** Undefined where there is nothing, or nothing that one may look at. */
function stats(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
