/**
 * Makes the store's own statements fail. SQLite's file layer cannot be reached from JavaScript, but a temporary trigger
 * that calls back can: before every row that a transaction writes, an I/O error may come or the store be killed.
 */
import type { Database } from "better-sqlite3";

const TABLES = {
  frames: "INSERT",
  recordings: "UPDATE",
  devices: "UPDATE",
  epochs: "UPDATE",
  refusals: "INSERT",
};

export class Breaker {
  private statementsLeft = Number.POSITIVE_INFINITY;
  private strike: () => void = () => {};

  constructor(private readonly db: Database) {
    db.function("avnode_simulated_fault", { directOnly: false }, () => {
      if (--this.statementsLeft > 0) return 0;
      this.statementsLeft = Number.POSITIVE_INFINITY;
      this.strike();
      throw Object.assign(new Error("disk I/O error (simulated)"), { code: "SQLITE_IOERR_WRITE" });
    });
    for (const [table, operation] of Object.entries(TABLES)) {
      db.exec(
        `CREATE TEMP TRIGGER fault_${table} BEFORE ${operation} ON main.${table}
         BEGIN SELECT avnode_simulated_fault(); END`,
      );
    }
  }

  /** @param statements until the one that fails; @param strike called when it does */
  failAfter(statements: number, strike: () => void): void {
    this.statementsLeft = statements;
    this.strike = strike;
  }

  /** From now on nothing new fits on the disk, until it does again. */
  fill(full: boolean): void {
    const pages = this.db.pragma("page_count", { simple: true }) as number;
    this.db.pragma(`max_page_count = ${full ? pages : 1_000_000_000}`);
  }

  mend(): void {
    this.statementsLeft = Number.POSITIVE_INFINITY;
    if (this.db.open) this.fill(false);
  }
}
