/** Serial numbers of virtual units' chips, which end with their run: nobody can plug one in again. */
import { randomBytes } from "node:crypto";

const PREFIX = "virtual-";
const RANDOM_BYTES = 8;

export const virtualChip = () => PREFIX + randomBytes(RANDOM_BYTES).toString("hex");

export const isVirtualChip = (chip: string) => chip.startsWith(PREFIX);
