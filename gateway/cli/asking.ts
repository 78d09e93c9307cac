/** Questions to whoever sits at the terminal, or to whatever is piped into the program. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError, Exit, type Terminal } from "./terminal";

/** One line, as typed. @throws CliError when there is none */
export async function askLine(terminal: Terminal, question: string): Promise<string> {
  if (terminal.stdin.isTTY) terminal.stderr.write(question);
  const lines = createInterface({ input: terminal.stdin, terminal: false });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new CliError(Exit.usage, `nothing was typed where '${question.trim()}' was asked`);
}

/** One line that the screen does not show. @throws CliError when there is none */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  if (!terminal.stdin.isTTY) return askLine(terminal, question);
  const [line] = await hidden(terminal, [question]);
  return line!;
}

/** The same secret twice from a terminal, which shows neither; once from a pipe. @throws CliError when they differ */
export async function askNewSecret(terminal: Terminal, question: string): Promise<string> {
  if (!terminal.stdin.isTTY) return askLine(terminal, question);
  const [first, again] = await hidden(terminal, [question, "once more: "]);
  if (first === again) return first!;
  throw new CliError(Exit.usage, "the two differ: nothing was changed; run it again");
}

/** Before the first question, and over all of them: the terminal itself echoes what is typed outside. */
function hidden({ stdin, stderr }: Terminal, questions: string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const typed = createInterface({ input: stdin, output: nowhere, terminal: true });
  const lines: string[] = [];
  stderr.write(questions[0]!);
  return new Promise((done, failed) => {
    typed.on("line", (line) => {
      lines.push(line);
      stderr.write("\n");
      if (lines.length < questions.length) return stderr.write(questions[lines.length]!);
      done(lines);
      return typed.close();
    });
    typed.on("close", () =>
      failed(new CliError(Exit.usage, "nothing was typed: nothing was changed; run it again")),
    );
  });
}
