/**
 * A backup or a restore that is killed without notice.
 * Usage: victim backup DATA_DIR DIR STEP | victim restore DIR DATA_DIR CODE_HEX STEP; dies at the STEP-th step, 0 = never.
 */
import { restore } from "../../../gateway/backup/restore";
import { runBackup } from "../../../gateway/backup/run";

const [what, from, to, ...rest] = process.argv.slice(2) as [string, string, string, ...string[]];
let left = Number(rest.at(-1));
const step = () => {
  if (--left === 0) process.kill(process.pid, "SIGKILL");
};
if (what === "backup") runBackup({ dataDir: from, dir: to, step, onCode: () => {} });
else restore({ dir: from, dataDir: to, code: Buffer.from(rest[0]!, "hex"), step });
