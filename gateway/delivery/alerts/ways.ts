/** How an alert gets to somebody by HTTP: ntfy, or whatever takes JSON. */

const TIMEOUT_MS = 15_000;

export interface HttpWay {
  kind: "ntfy" | "webhook";
  url: string;
  token?: string;
}

/** @throws where the server was not reached or did not say 2xx */
export async function tellByHttp(
  { kind, url, token }: HttpWay,
  lines: string[],
  isDemo: boolean,
): Promise<void> {
  const title = `${isDemo ? "DEMO: " : ""}Your ECG hub needs a look`;
  const [type, body] =
    kind === "ntfy"
      ? ["text/plain; charset=utf-8", lines.join("\n\n")]
      : ["application/json", JSON.stringify({ title, lines })];
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": type,
      ...(kind === "ntfy" && { title }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it says ${answer.status}`);
}
