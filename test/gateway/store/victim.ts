/**
 * A store in a process of its own that is killed without notice while it writes.
 * Usage: victim.ts DATA_DIR OPENS. Prints "recording next" per receipt; dies within the OPENS-th opening of a frame.
 */
import { nodeCrypto } from "../../../gateway/crypto";
import { UNPACED } from "../../../gateway/store/receipts";
import { Store } from "../../../gateway/store/store";
import { Handheld } from "./handheld";

const [dataDir, opens] = process.argv.slice(2);
let left = Number(opens);
const crypto = {
  ...nodeCrypto,
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array) {
    if (--left === 0) process.kill(process.pid, "SIGKILL");
    return nodeCrypto.open(key, nonce, sealed);
  },
};
const store = Store.open({
  dataDir,
  kind: "demo",
  crypto,
  commit: { frames: 64, delayMs: 1000 },
  receipts: UNPACED,
});
const handheld = new Handheld(1);
const answers: [Uint8Array, Uint8Array][] = [];
store.onSend = (_, message) => {
  for (const answer of handheld.take(message)) answers.push([handheld.alias, answer]);
  for (const { recording, next } of handheld.receipts.splice(0))
    process.stdout.write(`${recording} ${next}\n`);
};
store.claim(handheld.code);
store.receive(handheld.alias, handheld.hello(true));
for (let answer = answers.shift(); answer; answer = answers.shift()) store.receive(...answer);
store.flush();
for (;;) for (const frame of handheld.record(100).frames) store.receive(handheld.alias, frame);
