/** A thread that makes signing trees: some ten seconds of hashing for a unit's eight. It takes a Signing, and gives back PublicTrees. */
import { parentPort } from "node:worker_threads";
import { nodeCrypto } from "../../gateway/crypto";
import { publicTree, type Signing } from "../../protocol/trees";

parentPort!.on("message", (signing: Signing) => {
  const trees = Array.from({ length: signing.trees }, (_, tree) => publicTree(nodeCrypto, signing, tree));
  parentPort!.postMessage(trees);
});
