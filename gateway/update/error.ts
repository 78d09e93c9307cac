/** Why an update cannot be, and what to do, with a code that stays. */
export class UpdateError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
