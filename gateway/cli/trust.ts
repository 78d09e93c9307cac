import type { Command } from "commander";
import { sameBytes, toHex } from "../../protocol/bytes";
import { decodeCertificate, SIMULATION_MAKER } from "../../protocol/certificate";
import { encodeVerifierKey } from "../../protocol/note";
import { nodeCrypto } from "../crypto";
import { type DataOption, withReader } from "./reading";
import type { Terminal } from "./terminal";

/** Whoever takes the line may call the hub what they like; until then, by its store. */
function labelOf(origin: string): string {
  return origin.split("/").slice(0, 2).join("/").slice(0, 19);
}

export function addTrust(program: Command, terminal: Terminal): void {
  program
    .command("trust")
    .description(
      "print the lines with which others verify this hub's proofs: its log's key, its handhelds' makers",
    )
    .option("--data <dir>", "data directory")
    .action((options: DataOption) =>
      withReader(options, terminal, (reader) => {
        terminal.print(
          "# whoever takes these lines takes this hub's word for its clock, and for who the makers are",
        );
        for (const { origin } of reader.log.logs())
          terminal.print(
            `hub ${labelOf(origin)} ${encodeVerifierKey(nodeCrypto.sha256, reader.log.key(origin))}`,
          );
        const makers: Uint8Array[] = [];
        for (const bytes of reader.certificates()) {
          const { maker } = decodeCertificate(bytes);
          if (!makers.some((known) => sameBytes(known, maker))) makers.push(maker);
        }
        for (const maker of makers) {
          const isSimulation = sameBytes(maker, SIMULATION_MAKER);
          const name = isSimulation ? "avnode.simulation" : `avnode.maker/${toHex(maker).slice(0, 16)}`;
          const key = encodeVerifierKey(nodeCrypto.sha256, { name, publicKey: maker });
          // Anybody can sign as the simulation maker: to trust it is for tests.
          terminal.print(`${isSimulation ? "# " : ""}maker ${name} ${key}`);
        }
      }),
    );
}
