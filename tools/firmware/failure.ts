/** Why a firmware cannot be built or uploaded. */
export type FailureCode =
  /** There is no such board. */
  | "BOARD_UNKNOWN"
  /** The firmware needs what the board has not. */
  | "BOARD_LACKS"
  /** A source does not compile, or not to what the interpreter runs. */
  | "BUNDLE_FAILED"
  /** Who answers is not the runtime that the build is for, or nobody is. */
  | "UPLOAD_STRANGER"
  /** The connection did not carry a file over. */
  | "UPLOAD_BROKEN"
  /** What was read back is not what was sent. */
  | "UPLOAD_DIFFERS";

export class FirmwareFailure extends Error {
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
  }
}
