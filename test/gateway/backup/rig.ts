/** A store with handhelds wired to it, and a folder for its backups. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RestoreOptions, restore } from "../../../gateway/backup/restore";
import { type BackupOptions, type BackupResult, runBackup } from "../../../gateway/backup/run";
import { Rig } from "../store/rig";

export class BackupRig extends Rig {
  readonly folder = mkdtempSync(join(tmpdir(), "avnode-backup-"));
  readonly dir = join(this.folder, "backup");
  code?: Uint8Array;

  backup(options: Partial<BackupOptions> = {}): BackupResult {
    return runBackup({
      dataDir: this.dataDir,
      dir: this.dir,
      onCode: (code) => {
        this.code = code;
      },
      ...options,
    });
  }

  restore(options: Partial<RestoreOptions> = {}) {
    return restore({ dir: this.dir, dataDir: join(this.folder, "restored"), code: this.code!, ...options });
  }

  override end(): void {
    super.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
