import type { PackedTrees } from "../trees";
export const AF_MODEL = {} as PackedTrees;
