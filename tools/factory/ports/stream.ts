/** A wire over what Node calls a stream: a socket, a serial port, a pair of pipes. */
import type { Readable, Writable } from "node:stream";
import type { OpenWire } from "./port";

export interface StreamEnds {
  input: Writable;
  output: Readable;
  hint?: string;
  /** Ends it; resolves once it is closed. */
  end(): Promise<void>;
}

export function streamWire({ input, output, hint, end }: StreamEnds): OpenWire {
  let gone = false;
  const wire: OpenWire = {
    hint,
    onData: () => {},
    onGone: () => {},
    write: (bytes) => {
      if (!gone) input.write(bytes);
    },
    close: async () => {
      gone = true;
      await end();
    },
  };
  const leave = () => {
    if (gone) return;
    gone = true;
    wire.onGone();
  };
  output.on("data", (bytes: Buffer) => wire.onData(bytes));
  // Whatever went wrong with it, the unit is not there any more.
  for (const side of [input, output]) side.on("error", leave);
  output.on("close", leave);
  return wire;
}
