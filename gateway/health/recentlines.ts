/** The newest lines of the hub's log, for its diagnostics: bounded, in memory. */
const MAX_LINES = 300;
const MAX_CHARS = 1000;

export class RecentLines {
  private lines: string[] = [];

  take(line: string): void {
    this.lines.push(line.slice(0, MAX_CHARS));
    if (this.lines.length > 2 * MAX_LINES) this.lines = this.all();
  }

  /** Oldest first. */
  all(): string[] {
    return this.lines.slice(-MAX_LINES);
  }
}
