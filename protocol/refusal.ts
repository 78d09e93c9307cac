/** An Error with a stable `code`. (Espruino throws on `class extends Error`, so it is made, not subclassed.) */
export interface Refusal extends Error {
  code: string;
}

/**
 * Makes the error that every decoder of this folder throws on malformed input.
 * @param code stable, upper case, e.g. `BLOCK_TRUNCATED`; listed in protocol/README.md
 * @param message what was being read and what was wrong with it
 */
export function refusal(code: string, message: string): Refusal {
  const error = new Error(message) as Refusal;
  error.code = code;
  return error;
}
