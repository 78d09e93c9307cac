/** A session at a hub of this machine that has no password. */

/** @returns headers for its requests */
export async function login(address: string): Promise<Record<string, string>> {
  const headers = { origin: address, "content-type": "application/json" };
  const answer = await fetch(`${address}/api/login`, { method: "POST", headers, body: "{}" });
  const cookies = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
  return { origin: address, cookie: cookies.join("; ") };
}
