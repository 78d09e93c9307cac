/** What a station cannot do, under a stable code FACTORY_*; the message says what to do next. */
export class FactoryFailure extends Error {
  constructor(
    readonly code: `FACTORY_${string}`,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
