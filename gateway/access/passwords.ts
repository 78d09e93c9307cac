/** The owner's password, and a viewer's: kept as scrypt hashes. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import type { Database } from "better-sqlite3";
import { StoreError } from "../store/errors";

export type PasswordRole = "owner" | "viewer";

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** log2 of scrypt's N; with r 8 and p 3 what OWASP's cheat sheet asks for, in 32 MB. */
const COST = 15;
const OPTIONS = { r: 8, p: 3, maxmem: 64 << 20 };
export const MIN_PASSWORD_LENGTH = 10;
const MAX_PASSWORD_LENGTH = 1024;

interface Row {
  salt: Buffer;
  hash: Buffer;
  cost: number;
}

export class Passwords {
  /** One hash at a time: each takes 32 MB and a core. */
  private turn: Promise<unknown> = Promise.resolve();

  /** @param cost of passwords that are set: a test's need not withstand anybody */
  constructor(
    private readonly db: Database,
    private readonly cost = COST,
  ) {}

  has(role: PasswordRole): boolean {
    return this.row(role) !== undefined;
  }

  /** Ends the sessions that the old one opened; the owner's, all. @throws ACCESS_PASSWORD */
  async set(role: PasswordRole, password: string): Promise<void> {
    if (role === "viewer" && !this.has("owner"))
      throw new StoreError(
        "ACCESS_PASSWORD",
        "there is no owner's password yet. Run 'avnode password' first",
      );
    await this.put(role, password, () => {});
  }

  /** Sets the owner's where there is none, also when two try at one time. @throws ACCESS_PASSWORD, ACCESS_PASSWORD_SET */
  async setFirst(password: string): Promise<void> {
    const refuse = () => {
      if (!this.has("owner")) return;
      throw new StoreError("ACCESS_PASSWORD_SET", "the owner has set a password. Log in with it");
    };
    refuse();
    await this.put("owner", password, refuse);
  }

  /** The owner's takes the viewer's with it. @returns whether there was one */
  remove(role: PasswordRole): boolean {
    return this.db
      .transaction(() => {
        const roles = role === "owner" ? ["owner", "viewer"] : [role];
        const { changes } = this.db
          .prepare("DELETE FROM passwords WHERE role IN (SELECT value FROM json_each(?))")
          .run(JSON.stringify(roles));
        this.revoke(role);
        return changes > 0;
      })
      .immediate();
  }

  /** Takes as long when there is no such password. */
  async verify(role: PasswordRole, password: string): Promise<boolean> {
    const row = this.row(role);
    const hash = await this.derive(
      normal(password).slice(0, MAX_PASSWORD_LENGTH),
      row?.salt ?? Buffer.alloc(SALT_BYTES),
      row?.cost ?? COST,
    );
    // Read anew: it may have been changed meanwhile.
    const now = this.row(role);
    return (
      row !== undefined && now !== undefined && row.hash.equals(now.hash) && timingSafeEqual(hash, row.hash)
    );
  }

  /** @param check within the transaction */
  private async put(role: PasswordRole, password: string, check: () => void): Promise<void> {
    const text = normal(password);
    if (text.length < MIN_PASSWORD_LENGTH || text.length > MAX_PASSWORD_LENGTH)
      throw new StoreError(
        "ACCESS_PASSWORD",
        `a password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters, this one ${text.length}. Choose another`,
      );
    const salt = randomBytes(SALT_BYTES);
    const hash = await this.derive(text, salt, this.cost);
    this.db
      .transaction(() => {
        check();
        this.db
          .prepare("INSERT OR REPLACE INTO passwords VALUES (?, ?, ?, ?)")
          .run(role, salt, hash, this.cost);
        this.revoke(role);
      })
      .immediate();
  }

  private derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
    const hash = this.turn.then(() => derive(password, salt, cost));
    this.turn = hash.catch(() => {});
    return hash;
  }

  private row(role: PasswordRole): Row | undefined {
    return this.db.prepare("SELECT salt, hash, cost FROM passwords WHERE role = ?").get(role) as
      | Row
      | undefined;
  }

  private revoke(role: PasswordRole): void {
    for (const table of ["sessions", "browsers"])
      this.db.prepare(`DELETE FROM ${table} WHERE @role = 'owner' OR role = @role`).run({ role });
  }
}

/** The same letters typed on another keyboard or system are the same bytes. */
function normal(password: string): string {
  return password.normalize("NFKC");
}

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { ...OPTIONS, N: 2 ** cost };
  return new Promise((done, failed) =>
    scrypt(password, salt, HASH_BYTES, options, (error, hash) => (error ? failed(error) : done(hash))),
  );
}
