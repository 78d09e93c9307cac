/** Lines of the log for somebody else's eyes: whose handheld, recording, radio or folder it was is not told. */

/** Ids of handhelds and recordings, whole or their first characters, as the log has them; and whatever looks like one. */
const ID = /(?<![0-9a-z])[0-9a-f]{8,}(?![0-9a-z])/gi;
/** A Bluetooth address, as BlueZ's paths have it, too. */
const ADDRESS = /(?<![0-9a-z])(?:[0-9a-f]{2}[:_-]){5}[0-9a-f]{2}(?![0-9a-z])/gi;
const SHORT = 8;

interface Told {
  /** Of handhelds and recordings that are known here. */
  ids: readonly string[];
  alias: (id: string) => string;
  dataDir: string;
}

export function pseudonymous(lines: readonly string[], { ids, alias, dataDir }: Told): string[] {
  const known = new Map<string, string>();
  for (const id of ids) {
    known.set(id, alias(id));
    known.set(id.slice(0, SHORT), alias(id).slice(0, SHORT));
  }
  const hidden = (text: string): string => {
    const own = known.get(text.toLowerCase());
    if (own !== undefined) return own;
    // Times are all digits.
    return /[a-f]/i.test(text) ? alias(text).slice(0, text.length) : text;
  };
  return lines.map((line) =>
    line
      .replaceAll(dataDir, "(data)")
      .replace(ADDRESS, (address) => alias(address))
      .replace(ID, hidden),
  );
}
