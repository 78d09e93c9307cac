import type { Command } from "commander";
import { utc } from "../../protocol/proof/lines";
import type { LostReport } from "../backup/lost";
import type { RestoreResult } from "../backup/restore";
import { defaultDataDir } from "../config/places";
import type { DataKind } from "../store/claims";
import { recoveryCode } from "./backup";
import type { DataOption } from "./reading";
import { Exit, type Terminal } from "./terminal";
import { counted, localTime, runsText } from "./text";

export function addRestore(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command("restore <dir>")
    .description("bring a backup or a mirror back into an empty data directory, with its recovery code")
    .option("--anyway", "also a backup that does not verify")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory; it must be empty or not there")
    .action(async (dir: string, options: DataOption & { anyway?: boolean; json?: boolean }) => {
      const { requireInfo } = require("../backup/info") as typeof import("../backup/info");
      const { restore } = require("../backup/restore") as typeof import("../backup/restore");
      const info = requireInfo(dir);
      const dataDir = options.data ?? defaultDataDir(info.kind as DataKind, terminal.env);
      const code = await recoveryCode(terminal);
      const bar = terminal.progress("restoring");
      const { anyway } = options;
      const progress = (done: number, total: number) => bar.update(done, total);
      const result = (() => {
        try {
          return restore({ dir, dataDir, code, anyway, progress });
        } finally {
          bar.stop();
        }
      })();
      if (result.problems.length > 0) exit(Exit.no);
      if (options.json) return terminal.json(result);
      terminal.print(
        `restored ${counted(result.recordings, "recording")} with ${counted(result.frames, "frame")} as of ${localTime(result.backupAt)} into ${dataDir} in ${result.seconds.toFixed(1)} s`,
      );
      for (const problem of [...result.problems, ...result.releaseProblems]) terminal.print(problem);
      for (const line of [...updateLines(result), ...trustLines(result)]) terminal.print(line);
      terminal.say(
        `what came after that is asked of the handhelds again: run 'avnode start', bring them near,`,
      );
      terminal.say("and see 'avnode status' for what none of them holds any more");
    });
}

/** What its owner has cancelled since goes on again. */
function updateLines({ updates }: RestoreResult): string[] {
  return updates.map(({ device, version, isHere }) =>
    isHere
      ? `the update of handheld ${device} to ${version} goes on, as in the copy: 'avnode update cancel ${device.slice(0, 8)}' ends it`
      : `the update of handheld ${device} to ${version} ends, for its release did not come back: add its file and start it again`,
  );
}

/** Whom the copy believes: it knows of no list and of no word of its owner's that came after it. */
function trustLines({ makers, revocations }: RestoreResult): string[] {
  if (makers.length === 0) return [];
  const lists = revocations.map(
    ({ fingerprint, number, issued }) =>
      `revocation list ${number} of maker ${fingerprint}, issued ${utc(issued)}, is here again`,
  );
  return [
    ...makers.map(
      ({ fingerprint, state, label }) =>
        `maker ${fingerprint} is ${state}${label === undefined ? "" : ` (${label})`}, as in the copy`,
    ),
    ...(lists.length > 0 ? lists : ["no maker's revocation list was in the copy"]),
    "ask each maker for the newest list, take it with 'avnode revocations import', and see 'avnode makers' for whom you had forgotten since",
  ];
}

/** What a restored store lacks, a line each. */
export function lostLines({ recordings, echoes, restoredAt, backupAt }: LostReport): string[] {
  const lines = [`restored ${localTime(restoredAt)} from the copy of ${localTime(backupAt)}`];
  for (const { device, recording, id, frames, unknown, final } of recordings) {
    const what = unknown ? "all of it, how much is not known" : `frames ${runsText(frames)}`;
    const state = final ? "lost, or dropped by a full memory" : "not here, its handheld may still send it";
    lines.push(`recording ${recording} of ${device} (${id}): ${what}: ${state}`);
  }
  for (const { device, recording, size } of echoes)
    lines.push(
      `recording ${recording} of ${device} saw the old log at ${counted(size, "leaf")}, beyond the copy`.replace(
        "leafs",
        "leaves",
      ),
    );
  return lines;
}
