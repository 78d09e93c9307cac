/** Parts of the hub that can run apart, on machines that share a broker. */
export const ROLES = ["relay", "store"] as const;
export type Role = (typeof ROLES)[number];
