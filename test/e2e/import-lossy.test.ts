import { importsWhole } from "./imports";

const BAD_RADIO = {
  loss: 0.2,
  duplicate: 0.1,
  reorder: 0.1,
  latencyMs: [5, 60] as const,
  disconnectEveryMs: [2000, 6000] as const,
  connectMs: [50, 500] as const,
  notificationsPerSecond: 150,
  queue: 16,
};
const seed = Number(process.env.AVNODE_SEED ?? 1);

importsWhole("mitdb", "a radio that loses a fifth and drops every few seconds", BAD_RADIO, seed);
importsWhole("twelvelead", "a radio that loses a fifth and drops every few seconds", BAD_RADIO, seed);
