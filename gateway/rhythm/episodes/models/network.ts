import type { PackedNetworks } from "../network";
export const NETWORK_MODEL = {} as PackedNetworks;
