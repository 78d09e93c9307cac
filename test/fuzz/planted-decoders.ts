/** The planted faults. Each hides behind bytes that chance alone would not hit in a minute. */

/** Four bytes, one at a time, as decoders compare them. */
function opened(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0xa7) return false;
  if (bytes[1] !== 0x3c) return false;
  if (bytes[2] !== 0x91) return false;
  return bytes[3] === 0x5e;
}

export function sound(bytes: Uint8Array): boolean {
  return opened(bytes);
}

export function magic(bytes: Uint8Array): boolean {
  if (opened(bytes)) (undefined as unknown as Uint8Array).length;
  return true;
}

/** Reads what it would write otherwise. */
export function unsteady(bytes: Uint8Array): boolean {
  if (opened(bytes)) throw new Error("was read, but is written as 00");
  return true;
}

/** Refuses with a code that nobody lists. */
export function mutters(bytes: Uint8Array): boolean {
  if (opened(bytes)) throw Object.assign(new Error("mumble"), { code: "PLANTED_UNLISTED" });
  return true;
}

export function loops(bytes: Uint8Array): boolean {
  if (!opened(bytes)) return true;
  for (let i = 0; ; i++) if (i < 0) return true;
}

/** Hangs where no counter stands. */
export function backtracks(bytes: Uint8Array): boolean {
  return !opened(bytes) || /^(a+)+$/.test(`${"a".repeat(60)}!`);
}

export function grows(bytes: Uint8Array): boolean {
  const held: number[][] = [];
  while (opened(bytes)) held.push(new Array<number>(10_000).fill(held.length));
  return true;
}

/** Fails after it has answered. */
export async function forgets(bytes: Uint8Array): Promise<boolean> {
  if (opened(bytes)) setImmediate(() => (undefined as unknown as Uint8Array).length);
  await new Promise((done) => setImmediate(done));
  return true;
}
