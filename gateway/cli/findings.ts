import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { analysisLines } from "./findinglines";
import { type DataOption, dataDirOf, requireData, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, localTime } from "./text";

const POLL_MS = 500;
/** The hub looks every ten seconds; then a day of signal takes half a minute. */
const PATIENCE_MS = 120_000;

interface FindingsOptions extends DataOption {
  again?: boolean;
  json?: boolean;
}

export function addFindings(program: Command, terminal: Terminal, setExit: (code: number) => void): void {
  program
    .command("findings [id]")
    .description("list what analysis found: events of all recordings, or every episode of one")
    .option("--again", "analyse that recording again with this version; older analyses stay")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (abbreviation: string | undefined, options: FindingsOptions) => {
      if (abbreviation === undefined) {
        if (options.again)
          throw new CliError(
            Exit.usage,
            "--again is for one recording; give its id: avnode findings ID --again",
          );
        return listEvents(options, terminal);
      }
      const id = withReader(options, terminal, (reader) => reader.recording(abbreviation).id);
      if (options.again && !(await again(id, options, terminal))) setExit(Exit.no);
      tell(id, options, terminal);
    });
}

function listEvents(options: FindingsOptions, terminal: Terminal): void {
  const { events, unread, simulated } = withReader(options, terminal, (reader) => ({
    events: reader.findings.listed(),
    unread: reader.recordings().filter(({ id }) => !reader.findings.telling(id)).length,
    simulated: new Set(reader.devices().flatMap((one) => (one.class === "simulated" ? [one.id] : []))),
  }));
  const { eventText, NO_DIAGNOSIS } = require("../findings/words") as typeof import("../findings/words");
  if (options.json)
    terminal.json({ events: events.map((one) => ({ ...one, simulated: simulated.has(one.device) })) });
  else {
    if (events.length === 0) terminal.say("no finding yet");
    for (const event of events)
      terminal.print(
        `${event.strip.recording.slice(0, 8)}  ${eventText(event, localTime, simulated.has(event.device))}`,
      );
    if (events.length > 0) terminal.say(`${NO_DIAGNOSIS}. 'avnode findings ID' tells a recording's episodes`);
    if (unread > 0)
      terminal.say(
        `${counted(unread, "recording")} not analysed yet: a running hub does so, or 'avnode findings ID --again'`,
      );
  }
}

function tell(id: string, options: FindingsOptions, terminal: Terminal): void {
  const { info, analyses, telling } = withReader(options, terminal, (reader) => ({
    info: reader.recording(id),
    analyses: reader.findings.of(id),
    telling: reader.findings.telling(id),
  }));
  if (options.json) terminal.json({ recording: id, simulated: info.simulated, analyses });
  else if (!telling)
    terminal.say(`recording ${id} is not analysed yet: a running hub does so, or --again here`);
  else {
    for (const line of analysisLines(info, telling, Number.POSITIVE_INFINITY)) terminal.print(line);
    for (const { id: other, version, ended, summary } of analyses)
      if (other !== telling.id && summary)
        terminal.print(`also       ${other}${ended ? "" : ", not to its end"}, by ${version}`);
  }
}

/** @returns false when an analysis that is kept says something else than its own version says now */
async function again(id: string, options: FindingsOptions, terminal: Terminal): Promise<boolean> {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  const { analyseNow, isReproduced, requestAnalysis } =
    require("../findings/again") as typeof import("../findings/again");
  const bar = terminal.progress("analyzing");
  const said = (done: number, total: number) => bar.update(done, total);
  try {
    const same = isReproduced(dataDir, id, said);
    if (same !== undefined) {
      terminal.say(
        same ? "analysed again: this version says the same" : "analysed again: it does NOT say the same",
      );
      return same;
    }
    // Whoever writes here does it, be it the hub or another that was asked; once nobody does, it is done here.
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await wait(POLL_MS)) {
      try {
        analyseNow(dataDir, id, said);
        return true;
      } catch (error) {
        if ((error as { code?: string }).code !== "STORE_LOCKED") throw error;
      }
      if (isAnalysed(id, requestAnalysis(dataDir, id), options, terminal)) return true;
    }
  } finally {
    bar.stop();
  }
  throw new CliError(
    Exit.failed,
    `the hub has not analysed ${id} yet: 'avnode status' says how far it is; 'avnode findings ${id}' tells when it has`,
  );
}

/** As far as it goes: of a recording that runs there is no end. */
function isAnalysed(id: string, number: number, options: FindingsOptions, terminal: Terminal): boolean {
  return withReader(options, terminal, (reader) => {
    const asked = reader.findings.of(id).find((one) => one.number === number);
    return asked?.ended || (asked?.summary !== undefined && reader.recording(id).state === "recording");
  });
}
