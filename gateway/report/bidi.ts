/** What is used of `bidi-js`, whose own types are those of a module that CommonJS cannot name. */
export interface Bidi {
  getEmbeddingLevels(text: string, direction?: "ltr" | "rtl"): { levels: Uint8Array }
  /** Stretches to be turned round one after the other, both ends included. */
  getReorderSegments(text: string, levels: { levels: Uint8Array }): [number, number][];
  getMirroredCharacter(character: string): string | null;
}
