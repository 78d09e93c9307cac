/** Ports of this machine for a test's own servers. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below those that the system gives to whoever connects, lest one of them be taken before the server has it. */
const [LOWEST, HIGHEST] = [12_000, 32_000];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** One of 127.0.0.1 that nobody has at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
}
