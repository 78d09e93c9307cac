import type { PackedTrees } from "../trees";
export const STRIP_MODEL = {} as PackedTrees;
