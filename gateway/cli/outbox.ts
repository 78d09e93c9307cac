import type { Command } from "commander";
import { systemClock } from "../clock";
import { addRecipient, cameBack, type Note, sendRecording, sendTest, setRule } from "../delivery/sending";
import { noteLeft } from "../delivery/start";
import { addressOf } from "../delivery/way";
import type { SendingRule, Way } from "../schema/delivery";
import type { Outbox, Recipient } from "../store/outbox/outbox";
import type { StoreReader } from "../store/reader";
import { readDetails } from "./details";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { localTime, table } from "./text";

interface OutboxOption extends DataOption {
  json?: boolean;
}

const RULES = ["press", "af", "every"] as const;

/** `avnode recipients`, `avnode send` and `avnode outbox`: they work whether a hub runs or not; the hub is what carries. */
export function addOutbox(program: Command, terminal: Terminal): void {
  const recipients = program
    .command("recipients")
    .description("list to whom recordings may be sent")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: OutboxOption) =>
      withOutbox(options, terminal, (outbox) =>
        listRecipients(outbox.recipients(), options.json === true, terminal),
      ),
    );
  // --data is the list's own option, wherever it stands.
  recipients
    .command("add <file>")
    .description("add one, as a JSON file says it: name, way, rule (press, af or every), consent {who, text}")
    .action((file: string, _options: unknown, command: Command) =>
      withOutbox(command.optsWithGlobals(), terminal, (outbox, reader, note) => {
        const { recipientDetailsSchema } =
          require("../schema/delivery") as typeof import("../schema/delivery");
        const details = readDetails(file, recipientDetailsSchema);
        const { name, way } = addRecipient(reader, outbox, details, Date.now(), note);
        terminal.print(`${name}: ${addressOf(way)}`);
        terminal.say(
          `see that it works with 'avnode recipients test', and remove ${file} if a password is in it`,
        );
      }),
    );
  recipients
    .command("rule <name> <rule>")
    .description("say when it is sent something, from now on: press, af or every")
    .requiredOption("--consent <who>", "who agrees to it")
    .action((name: string, rule: string, { consent }: { consent: string }, command: Command) =>
      withOutbox(command.optsWithGlobals(), terminal, (outbox, _reader, note) => {
        const known = RULES.find((one) => one === rule);
        if (!known) throw new CliError(Exit.usage, `there is no rule '${rule}'; give ${RULES.join(", ")}`);
        const recipient = named(outbox, name);
        const text = consentText(recipient, known);
        setRule(outbox, recipient.id, { rule: known, consent: { who: consent, text } }, Date.now(), note);
        terminal.print(text);
      }),
    );
  recipients
    .command("remove <name>")
    .description("remove one; what waits for it is withdrawn")
    .action((name: string, _options: unknown, command: Command) =>
      withOutbox(command.optsWithGlobals(), terminal, (outbox) => outbox.remove(named(outbox, name).id)),
    );
  recipients
    .command("test <name>")
    .description("send a test without any recording")
    .action((name: string, _options: unknown, command: Command) =>
      withOutbox(command.optsWithGlobals(), terminal, async (outbox, reader) => {
        const { way } = named(outbox, name);
        try {
          await sendTest(way, reader.kind !== "home");
        } catch (error) {
          throw new CliError(Exit.no, `not accepted: ${(error as Error).message}`);
        }
        terminal.print(`accepted by ${addressOf(way)}: whether it arrives, look there`);
      }),
    );
  program
    .command("send <id>")
    .description("put a recording into the outbox; the running hub carries it")
    .requiredOption("--to <name>", "recipient")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, { to, ...options }: OutboxOption & { to: string }) =>
      withOutbox(options, terminal, (outbox, reader) => {
        const delivery = sendRecording(reader, outbox, id, named(outbox, to).id);
        if (options.json) return terminal.json({ id: delivery.id, state: delivery.state });
        terminal.print(`${delivery.state}: recording ${delivery.recording} for ${to}`);
      }),
    );
  const outboxCommand = program
    .command("outbox")
    .description("show what waits to leave, and what became of the rest")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: OutboxOption) =>
      withOutbox(options, terminal, (outbox) => listDeliveries(outbox, options.json === true, terminal)),
    );
  outboxCommand
    .command("bounced <id>")
    .description("say that a mail that was accepted came back to its sender, which no hub hears by itself")
    .action((id: string, _options: unknown, command: Command) =>
      withOutbox(command.optsWithGlobals(), terminal, (outbox, _reader, note) => {
        const { state, recording } = cameBack(outbox, Number(id), note);
        terminal.print(`${state}: recording ${recording}`);
        terminal.say("to send it again, run 'avnode send'");
      }),
    );
}

async function withOutbox(
  options: DataOption,
  terminal: Terminal,
  run: (outbox: Outbox<Way>, reader: StoreReader, note: Note) => void | Promise<void>,
): Promise<void> {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  const { Outbox: Opened } = require("../store/outbox/outbox") as typeof import("../store/outbox/outbox");
  const { StoreReader: Reader } = require("../store/reader") as typeof import("../store/reader");
  const reader = Reader.open(dataDir);
  const outbox = Opened.open<Way>(dataDir, () => Date.now());
  try {
    await run(outbox, reader, (left) => noteLeft(dataDir, systemClock, left));
  } finally {
    outbox.close();
    reader.close();
  }
}

/** @throws CliError */
function named(outbox: Outbox<Way>, name: string): Recipient<Way> {
  const found = outbox.recipients().find((one) => one.name === name);
  if (found) return found;
  throw new CliError(Exit.failed, `there is no recipient '${name}': 'avnode recipients' lists them`);
}

const WHEN: Record<SendingRule, string> = {
  press: "when somebody sends it",
  af: "every recording with a possible AF",
  every: "every recording",
};

function consentText({ name, way }: Recipient<Way>, rule: SendingRule): string {
  return `Reports with the whole ECG go to ${name} (${addressOf(way)}): ${WHEN[rule]}.`;
}

function listRecipients(recipients: Recipient<Way>[], json: boolean, terminal: Terminal): void {
  const listed = recipients.map(({ id, name, way, rule, paused, consent }) => ({
    ...{ id, name, kind: way.kind, address: addressOf(way), rule, paused, consent },
  }));
  if (json || listed.length === 0) {
    if (json) terminal.json({ recipients: listed });
    else terminal.say("no recipient yet: run 'avnode recipients add FILE'");
    return;
  }
  const rows = listed.map(({ name, kind, address, rule, paused }) => [
    ...[name, kind, address, paused ? `${rule} (paused)` : rule],
  ]);
  for (const line of table(["NAME", "BY", "ADDRESS", "RULE"], rows)) terminal.print(line);
  if (listed.some(({ paused, rule }) => paused && rule !== "press"))
    terminal.say(
      "paused: this hub came out of a backup since; say the rule again with 'avnode recipients rule'",
    );
}

function listDeliveries(outbox: Outbox<Way>, json: boolean, terminal: Terminal): void {
  const names = new Map(outbox.recipients().map(({ id, name }) => [id, name]));
  const listed = outbox
    .list()
    .map((one) => ({ ...one, to: names.get(one.recipient) ?? "a removed recipient" }));
  if (json || listed.length === 0) {
    const told = listed.map(({ id, recording, to, state, attempts, queuedAt, since, nextAt, reason }) => ({
      ...{ id, recording, to, state, attempts, queuedAt, since, nextAt, reason },
    }));
    if (json) terminal.json({ deliveries: told });
    else terminal.say("nothing was ever sent from here");
    return;
  }
  const rows = listed.map(({ id, recording, to, state, attempts, since, reason = "" }) => [
    ...[String(id), recording, to, state, String(attempts), localTime(since), reason],
  ]);
  for (const line of table(["ID", "RECORDING", "TO", "STATE", "TRIES", "SINCE", "WHY"], rows))
    terminal.print(line);
}
