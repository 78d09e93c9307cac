/** Why a file cannot be adopted: a stable code, what stands in it, what to do next. */
export class AdoptError extends Error {
  constructor(
    readonly code: string,
    readonly what: string,
    readonly hint: string,
  ) {
    super(`${what}; ${hint}`);
    this.name = "AdoptError";
  }
}
