/** Espruino's Storage over flash that only erasing sets: a file is written once, and what lies behind its end is free. */

/** Before every file. */
const HEADER_BYTES = 32;
const MAX_NAME = 28;
const LATIN: BufferEncoding = "latin1";

export type StoredFile = { name: string; bytes: Buffer };

/** What the runtime throws is told to whoever typed, as any error is. */
export class ModelStorage {
  private readonly files = new Map<string, Buffer>();
  /** Taken by files that were erased: only compaction brings it back. */
  private trash = 0;

  /**
   * @param bytes of the whole
   * @param written before each write: throws when the power fails there
   */
  constructor(
    private readonly bytes: number,
    private readonly written: () => void,
  ) {}

  list(): string[] {
    return [...this.files.keys()];
  }

  /** @returns undefined without such a file */
  read(name: string, offset = 0, length?: number): string | undefined {
    const file = this.files.get(name);
    if (!file) return undefined;
    const from = Math.max(0, offset);
    // A length of none is that of the rest.
    return file.toString(LATIN, from, length ? Math.min(file.length, from + length) : file.length);
  }

  /** @param size of the whole file, where this is a part of it */
  write(name: string, data: string, offset = 0, size = 0): boolean {
    if (name.length === 0 || name.length > MAX_NAME) throw new Error("Invalid filename");
    const bytes = Buffer.from(data, LATIN);
    const whole = size || (offset === 0 ? bytes.length : (this.files.get(name)?.length ?? 0));
    let file = this.files.get(name);
    if (!file || file.length !== whole || !fits(file, bytes, offset)) {
      if (file && offset > 0) throw new Error("File already written with different data");
      this.erase(name);
      if (this.free() < whole + HEADER_BYTES) this.compact();
      if (this.free() < whole + HEADER_BYTES) throw new Error("Too little space");
      this.written();
      file = Buffer.alloc(whole, 0xff);
      this.files.set(name, file);
    }
    if (offset + bytes.length > file.length) throw new Error("Too much data for file size");
    this.written();
    bytes.copy(file, offset);
    return true;
  }

  erase(name: string): void {
    const file = this.files.get(name);
    if (!file) return;
    this.written();
    this.trash += file.length + HEADER_BYTES;
    this.files.delete(name);
  }

  eraseAll(): void {
    for (const name of this.list()) this.erase(name);
    this.compact();
  }

  compact(): void {
    this.trash = 0;
  }

  free(): number {
    let used = this.trash;
    for (const file of this.files.values()) used += file.length + HEADER_BYTES;
    return this.bytes - used;
  }

  /** A bit falls, as in flash that is worn. */
  rot(name: string, at: number): void {
    const file = this.files.get(name);
    // The lowest that is set: only what is set can fall.
    if (file && at < file.length) file[at]! &= file[at]! - 1;
  }

  /** As files on a disk hold it. */
  saved(): StoredFile[] {
    return [...this.files].map(([name, bytes]) => ({ name, bytes }));
  }
}

/** Flash takes what is there already, and anything over what is blank. */
function fits(file: Buffer, bytes: Buffer, offset: number): boolean {
  const there = file.subarray(offset, offset + bytes.length);
  return there.equals(bytes) || there.every((byte) => byte === 0xff);
}
