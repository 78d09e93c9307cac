/** Questions to whoever sits at the terminal, or to whatever is piped into the program. */
import { createInterface } from "node:readline";
import { CliError, Exit, type Terminal } from "./terminal";

const CTRL_C = "\u0003";
const BACKSPACE = ["\u007f", "\b"];

/** One line, as typed. @throws CliError when there is none */
export async function askLine(terminal: Terminal, question: string): Promise<string> {
  if (terminal.stdin.isTTY) terminal.stderr.write(question);
  const lines = createInterface({ input: terminal.stdin, terminal: false });
  try {
    for await (const line of lines) return line.trim();
  } finally {
    lines.close();
  }
  throw new CliError(Exit.usage, `nothing was typed where '${question.trim()}' was asked`);
}

/** One line that the screen does not show. @throws CliError when there is none */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  if (!stdin.isTTY) return askLine(terminal, question);
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  let typed = "";
  try {
    return await new Promise<string>((resolve, reject) => {
      stdin.on("data", (chunk: Buffer) => {
        for (const character of chunk.toString("utf8")) {
          if (character === CTRL_C) return reject(new CliError(Exit.usage, "stopped: nothing was done"));
          if (character === "\r" || character === "\n") return resolve(typed.trim());
          typed = BACKSPACE.includes(character) ? typed.slice(0, -1) : typed + character;
        }
      });
    });
  } finally {
    stdin.removeAllListeners("data");
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}
