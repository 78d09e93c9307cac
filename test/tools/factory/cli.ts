/** `avnode factory …` in this process, with what is typed. */
import { Readable } from "node:stream";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { addFactory } from "../../../tools/factory/command";

export interface Ran {
  exit: number;
  out: string;
  err: string;
}

/** @param isTTY whether it is typed at a terminal, or piped */
export async function factory(words: string[], typed = "", isTTY = false): Promise<Ran> {
  const caught = { out: "", err: "" };
  const into = (which: "out" | "err") =>
    ({
      write(text: string) {
        caught[which] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const stdin = Object.assign(Readable.from([typed]), { isTTY }) as unknown as NodeJS.ReadStream;
  const terminal = new Terminal(into("out"), into("err"), {}, stdin);
  const exit = await run(["factory", ...words], "0.0.0", { add: addFactory }, terminal);
  return { exit, ...caught };
}
