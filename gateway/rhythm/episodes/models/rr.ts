import type { PackedTrees } from "../trees";
export const RR_MODEL = {} as PackedTrees;
