/** An error of the store with a stable code; the message says what to do next. */
export class StoreError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "StoreError";
  }
}

/** The code of an error from SQLite, node or the protocol, for a log line. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "UNKNOWN");
}
