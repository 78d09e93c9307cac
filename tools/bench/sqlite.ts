/** The peer store: SQLite as anybody would use it, with the same journal and durability as ours and nothing checked. */
import Database from "better-sqlite3";

export class BareSqlite {
  /** Messages on disk. */
  count = 0;
  private readonly db: Database.Database;
  private readonly insertion: Database.Statement;

  constructor(file: string) {
    this.db = new Database(file);
    this.db.pragma("journal_mode = WAL");
    this.db.pragma("synchronous = FULL");
    this.db.exec(
      "CREATE TABLE messages (id INTEGER PRIMARY KEY, source TEXT NOT NULL, message BLOB NOT NULL)",
    );
    this.insertion = this.db.prepare("INSERT INTO messages (source, message) VALUES (?, ?)");
  }

  /** One transaction; on disk when this returns. */
  insert(source: string, messages: Uint8Array[]): void {
    this.db.transaction(() => {
      for (const message of messages) this.insertion.run(source, message);
    })();
    this.count += messages.length;
  }

  close(): void {
    this.db.close();
  }
}
