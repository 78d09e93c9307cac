/** From an address to an open link, each step under a limit of our own: the stack's promises may never settle. */
import type { Clock } from "../clock";
import { type Central, CentralError, type CentralLink } from "./central";
import type { CloseCause } from "./radio";

export interface DialLimits {
  connectMs: number;
  mtuMs: number;
  discoveryMs: number;
  subscribeMs: number;
}

export const DIAL_LIMITS: Readonly<DialLimits> = {
  connectMs: 10_000,
  mtuMs: 5_000,
  discoveryMs: 10_000,
  subscribeMs: 5_000,
};
/** Notifications that come before anybody listens; a handheld says hello with one or two. */
const MAX_EARLY = 32;

export class DialError extends Error {
  /** @param reason HCI error code, of the controller that refused or the link that ended */
  constructor(
    override readonly cause: CloseCause,
    message: string,
    readonly reason?: number,
  ) {
    super(message);
  }
}

/** Subscribed; what came since then waits here until somebody takes the link over. */
export interface OpenLink {
  readonly link: CentralLink;
  readonly early: Uint8Array[];
  /** Set when it ended before anybody took it over. */
  ended?: { reason?: number };
}

/**
 * Connects, agrees on the MTU, finds the service, subscribes.
 *
 * The MTU comes before discovery: noble asks for it by itself, and what follows waits in its queue for the answer.
 *
 * @throws DialError whose cause is the step that failed, or "stopping"; nothing is left of the attempt then
 */
export async function dial(
  central: Pick<Central, "connect" | "cancel">,
  address: string,
  limits: DialLimits,
  clock: Clock,
  signal?: AbortSignal,
): Promise<OpenLink> {
  const attempt = new Attempt(clock, signal);
  let link: CentralLink;
  try {
    const connecting = central.connect(address);
    // Whatever comes of it after it was given up must not stay.
    connecting.then(
      (late) => attempt.over && late.disconnect(),
      () => {},
    );
    link = await attempt.step("connect", limits.connectMs, connecting);
  } catch (error) {
    attempt.end();
    central.cancel(address);
    throw error;
  }
  const open: OpenLink = { link, early: [] };
  link.onNotification = (bytes) => {
    if (open.early.length < MAX_EARLY) open.early.push(bytes);
  };
  link.onClosed = (reason) => {
    open.ended = { reason };
    attempt.closed(reason);
  };
  try {
    await attempt.step("mtu", limits.mtuMs, link.exchangeMtu());
    await attempt.step("discovery", limits.discoveryMs, link.discover());
    await attempt.step("subscribe", limits.subscribeMs, link.subscribe());
    return open;
  } catch (error) {
    link.onNotification = () => {};
    link.onClosed = () => {};
    if (!open.ended) link.disconnect();
    throw error;
  } finally {
    attempt.end();
  }
}

class Attempt {
  over = false;
  private cause: CloseCause = "connect";
  private fail: (error: DialError) => void = () => {};
  private failure?: DialError;
  private readonly abort = () => this.failed(new DialError("stopping", "given up: the radio stops"));

  constructor(
    private readonly clock: Clock,
    private readonly signal?: AbortSignal,
  ) {
    signal?.addEventListener("abort", this.abort);
    if (signal?.aborted) this.abort();
  }

  /** The link ended within the step under way. */
  closed(reason: number | undefined): void {
    const why = reason === undefined ? "" : `: HCI error ${hex(reason)}`;
    this.failed(new DialError(this.cause, `the link ended during ${this.cause}${why}`, reason));
  }

  async step<T>(cause: CloseCause, limitMs: number, work: Promise<T>): Promise<T> {
    this.cause = cause;
    const cancel = this.clock.after(limitMs, () =>
      this.failed(new DialError(cause, `no end of ${cause} within ${limitMs} ms`)),
    );
    try {
      return await new Promise<T>((resolve, reject) => {
        this.fail = reject;
        if (this.failure) reject(this.failure);
        work.then(resolve, (error) =>
          reject(new DialError(cause, `${cause}: ${told(error)}`, reasonOf(error))),
        );
      });
    } finally {
      this.fail = () => {};
      cancel();
    }
  }

  end(): void {
    this.over = true;
    this.signal?.removeEventListener("abort", this.abort);
  }

  private failed(error: DialError): void {
    this.failure ??= error;
    this.fail(this.failure);
  }
}

function reasonOf(error: unknown): number | undefined {
  return error instanceof CentralError ? error.reason : undefined;
}

function told(error: unknown): string {
  return error instanceof CentralError ? `${error.code}, ${error.message}` : String(error);
}

function hex(reason: number): string {
  return `0x${reason.toString(16).padStart(2, "0")}`;
}
