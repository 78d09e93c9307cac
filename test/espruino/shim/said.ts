/** What the interpreter has to tell Node at its next answer. */
export class Said {
  notifications: string[] = [];
  /** The handheld ended the connection. */
  disconnected = false;
  /** Errors that nothing caught: a handheld would restart. */
  errors: string[] = [];
  /** What the firmware printed, wherever its console is. */
  printed: string[] = [];

  install(scope: { [name: string]: unknown }): void {
    const self = this;
    scope.print = function (text: unknown): void {
      self.printed.push("" + text);
    };
  }

  failed(error: unknown): void {
    const thrown = error as { message?: string; stack?: string };
    const message = thrown && thrown.message ? thrown.message : "" + error;
    this.errors.push(message + (thrown && thrown.stack ? " " + thrown.stack : ""));
  }

  clear(): void {
    this.notifications = [];
    this.disconnected = false;
    this.errors = [];
    this.printed = [];
  }
}
