/** Of the runtime's own, what the shim uses. */
declare const E: {
  toString(value: unknown): string;
  toUint8Array(value: unknown): Uint8Array;
  toArrayBuffer(text: string): ArrayBuffer;
  openFile(path: string, mode: string): EspruinoFile;
};

interface EspruinoFile {
  /** Blocks until there is as much; undefined at the end. */
  read(length: number): string | undefined;
  write(text: string): void;
  seek(position: number): void;
}
