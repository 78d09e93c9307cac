/** Questions to whoever sits at the terminal, or to whatever is piped into the program. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError, Exit, type Terminal } from "./terminal";

/** One line, as typed. @throws CliError when there is none */
export async function askLine(terminal: Terminal, question: string): Promise<string> {
  return (await askLines(terminal, [question]))[0]!;
}

/** All of them by one reader: a pipe's lines come at once, and with one that is closed the rest is lost. */
async function askLines({ stdin, stderr }: Terminal, questions: string[]): Promise<string[]> {
  const typed: string[] = [];
  const ask = () => stdin.isTTY && stderr.write(questions[typed.length]!);
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    ask();
    for await (const line of lines) {
      if (typed.push(line) === questions.length) return typed;
      ask();
    }
  } finally {
    lines.close();
  }
  throw new CliError(Exit.usage, `nothing was typed where '${questions[typed.length]!.trim()}' was asked`);
}

/** One line that the screen does not show. @throws CliError when there is none */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  return (await askSecrets(terminal, [question]))[0]!;
}

/** A line for each that the screen does not show. @throws CliError when one is missing */
export function askSecrets(terminal: Terminal, questions: string[]): Promise<string[]> {
  return terminal.stdin.isTTY ? hidden(terminal, questions) : askLines(terminal, questions);
}

/**
 * Each secret twice from a terminal, which shows none; once from a pipe.
 * @param check throws what is wrong with a secret, before the next one is asked for
 * @throws CliError when two differ
 */
export async function askNewSecrets(
  terminal: Terminal,
  questions: string[],
  check: (secret: string) => void = () => {},
): Promise<string[]> {
  if (!terminal.stdin.isTTY) return askLines(terminal, questions);
  const typed = await hidden(
    terminal,
    questions.flatMap((question) => [question, "once more: "]),
    (line, i) => i % 2 === 0 && check(line),
  );
  const differing = questions.find((_, i) => typed[2 * i] !== typed[2 * i + 1]);
  if (differing === undefined) return questions.map((_, i) => typed[2 * i]!);
  throw new CliError(
    Exit.usage,
    `the two at '${differing.trim()}' differ: nothing was changed; run it again`,
  );
}

/** Before the first question, and over all of them: the terminal itself echoes what is typed outside. */
function hidden(
  { stdin, stderr }: Terminal,
  questions: string[],
  check: (line: string, i: number) => unknown = () => {},
): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const typed = createInterface({ input: stdin, output: nowhere, terminal: true });
  const lines: string[] = [];
  stderr.write(questions[0]!);
  return new Promise((done, failed) => {
    typed.on("line", (line) => {
      lines.push(line);
      stderr.write("\n");
      try {
        check(line, lines.length - 1);
      } catch (error) {
        failed(error);
        return typed.close();
      }
      if (lines.length < questions.length) return stderr.write(questions[lines.length]!);
      done(lines);
      return typed.close();
    });
    typed.on("close", () =>
      failed(new CliError(Exit.usage, "nothing was typed: nothing was changed; run it again")),
    );
  });
}
