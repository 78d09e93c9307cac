import type { PackedTrees } from "../trees";
export const STRIP_MODEL = {} as PackedTrees;
export const STRIP_WEIGHTS = [1, 1, 1, 1];
