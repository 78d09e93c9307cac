/** The store's log: what leaves and checkpoints cost beside the commits that they are part of, and what a proof costs. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { nodeCrypto } from "../../gateway/crypto";
import { makeDirectory, openToWrite } from "../../gateway/store/directory";
import { Appender } from "../../gateway/store/log/appender";
import { MerkleTree } from "../../gateway/store/log/tree";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { interleave, secondsOf } from "./rounds";

const ROUNDS = 3;
const RECORDINGS = 1000;
/** A signed recording's manifest: close 135, signature 1,257, hashes and names. */
const LEAF_BYTES = 1900;
const PROOFS = 2000;

export function benchLog(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    const dataDir = join(folder, "store");
    makeDirectory(dataDir);
    const { db, keyring, meta } = openToWrite(dataDir, "demo");
    try {
      const appender = new Appender(db, keyring, meta, Date.now());
      db.exec("CREATE TABLE beside (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL)");
      const insertion = db.prepare("INSERT INTO beside (leaf) VALUES (?)");
      const leaf = randomBytes(LEAF_BYTES);
      const thousand = (work: () => void) => () =>
        secondsOf(() => {
          for (let i = 0; i < RECORDINGS; i++) db.transaction(work).immediate();
        });
      context.note(
        `leaves of ${LEAF_BYTES} bytes, a commit and a checkpoint each, median of ${ROUNDS} rounds`,
      );
      context.note(`database in ${folder}`);
      const { logged, ...peers } = await interleave(
        ROUNDS,
        {
          logged: thousand(() => {
            appender.append(leaf, null);
            appender.sign(Date.now());
          }),
          "the same bytes in a plain table": thousand(() => void insertion.run(leaf)),
        },
        context.progress,
      );
      const { size } = appender.newest!;
      const tree = new MerkleTree(db, nodeCrypto.sha256);
      const seconds = await secondsOf(() => {
        for (let i = 0; i < PROOFS; i++) tree.inclusion(appender.log, (i * 7919) % size, size);
      });
      return [
        { name: "log/seconds-per-1000-recordings", value: logged, unit: "s", peers },
        { name: "log/inclusion-proof-us", value: (1e6 * seconds) / PROOFS, unit: "µs", peers: {} },
      ];
    } finally {
      db.close();
    }
  });
}
