/** Why something did not get to whom it was sent, and whether it may yet. */
export class DeliveryError extends Error {
  constructor(
    /** DELIVERY_*, stable. */
    readonly code: string,
    message: string,
    /** Whether trying again later may help. */
    readonly retry: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
