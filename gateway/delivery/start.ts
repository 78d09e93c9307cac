/** The carrier of a running hub, with everything real. */
import type { Left } from "../access/egress";
import type { Clock } from "../clock";
import type { Way } from "../schema/delivery";
import type { Log } from "../store/log";
import { Outbox } from "../store/outbox/outbox";
import type { StoreReader } from "../store/reader";
import { linkMaker } from "./answering";
import { Carrier } from "./carrier";
import { makeOnThread } from "./making";
import { handOver } from "./transport";

export function startCarrier(parts: {
  reader: StoreReader;
  dataDir: string;
  clock: Clock;
  log: Log;
}): Carrier {
  const { reader, dataDir, clock } = parts;
  return new Carrier({
    ...parts,
    outbox: Outbox.open<Way>(dataDir, () => clock.now()),
    random: Math.random,
    make: makeOnThread,
    handOver,
    makeLink: linkMaker(reader, dataDir, clock),
    leaving: (left) => noteLeft(dataDir, clock, { kind: "delivery", ...left }),
  });
}

/** In the ledger of what left the house. @throws where it cannot be written: then nothing leaves */
export function noteLeft(dataDir: string, clock: Clock, left: Left): void {
  const { openAccess } = require("../access/database") as typeof import("../access/database");
  const { Egress } = require("../access/egress") as typeof import("../access/egress");
  const db = openAccess(dataDir);
  try {
    new Egress(db, clock).tell(left);
  } finally {
    db.close();
  }
}
