interface DeliveryOptions extends ErrorOptions {
  /** How long the server asked to be left alone. */
  retryAfterMs?: number;
}

/** Why something did not get to whom it was sent, and whether it may yet. */
export class DeliveryError extends Error {
  readonly retryAfterMs?: number;

  constructor(
    /** Stable, for programs. */
    readonly code: string,
    message: string,
    /** Whether trying again later may help. */
    readonly retry: boolean,
    options: DeliveryOptions = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}
