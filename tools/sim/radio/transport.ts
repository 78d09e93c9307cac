/** Between a controller and its host: whole packets, in order. */
import type { Clock } from "../../../gateway/clock";
import type { Random } from "../random";

/** The way to one host. */
export interface HostPort {
  /** Never blocks. */
  send(packet: Buffer): void;
  /** True while the host is so far behind that its controller lets the peer send again later. */
  congested(): boolean;
  /** Tears the host off its controller. */
  close(): void;
}

/** The same port with a cable that delays each packet by a time from `rangeMs`; they keep their order. */
export function delayed(
  port: HostPort,
  clock: Clock,
  random: Random,
  rangeMs: readonly [from: number, to: number],
): HostPort {
  if (rangeMs[1] === 0) return port;
  const line: Buffer[] = [];
  let lastMs = 0;
  let open = true;
  return {
    send(packet) {
      lastMs = Math.max(lastMs, clock.now() + random.between(rangeMs));
      line.push(packet);
      clock.after(lastMs - clock.now(), () => {
        // Whoever is due takes the oldest, so that a clock that rounds cannot swap two.
        const due = line.shift();
        if (open && due) port.send(due);
      });
    },
    congested: () => port.congested(),
    close() {
      open = false;
      port.close();
    },
  };
}
