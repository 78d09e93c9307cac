/** How an alert gets to somebody: mail, ntfy, or whatever takes JSON. */

import type { AlertWay } from "../../schema/alerts";
import { StoreError } from "../../store/errors";
import { hostIn, isInTheHouse, isThisMachine } from "../near";
import { addressOf as mailAddressOf, requireAllowed } from "../way";
import type { Message } from "./message";

const TIMEOUT_MS = 15_000;

/** In one line. The path of a URL is as good as a password. */
export function addressOf(way: AlertWay): string {
  return way.kind === "mail" ? mailAddressOf(way) : new URL(way.url).host;
}

/** @throws OUTBOX_PLAIN, OUTBOX_DEMO */
export function requireWay(way: AlertWay, isDemo: boolean): void {
  if (way.kind === "mail") requireAllowed(way, isDemo);
  else requireNear(way.url, isDemo);
}

/** @throws OUTBOX_PLAIN, OUTBOX_DEMO */
export function requireNear(url: string, isDemo: boolean): void {
  const host = hostIn(url);
  if (isDemo && !isThisMachine(host))
    throw new StoreError("OUTBOX_DEMO", "a demo tells nothing to another machine: use a server on 127.0.0.1");
  if (!url.startsWith("https:") && !isInTheHouse(host))
    throw new StoreError(
      "OUTBOX_PLAIN",
      "without TLS everybody on the way reads it: use https, or a server in this house by its address",
    );
}

/** @throws OUTBOX_*; where the next server does not have it, why, without the URL */
export async function tell(way: AlertWay, { title, lines }: Message, isDemo: boolean): Promise<void> {
  requireWay(way, isDemo);
  const message = isDemo
    ? { title: `DEMO: ${title}`, lines: ["DEMO: simulated, and about no person's heart.", ...lines] }
    : { title, lines };
  if (way.kind !== "mail") return tellByHttp(way, message);
  const { mailAlert } = require("../mail") as typeof import("../mail");
  return mailAlert(way, message);
}

/** Nothing that is wrong. @throws as tell */
export function tellTest(way: AlertWay, isDemo: boolean): Promise<void> {
  const line = "A test from a home ECG hub: alerts from it arrive here.";
  return tell(way, { title: "Test of an ECG hub", lines: [line] }, isDemo);
}

function tellByHttp(way: Exclude<AlertWay, { kind: "mail" }>, { title, lines }: Message): Promise<void> {
  if (way.kind === "webhook")
    return ask(way.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title, lines }),
    });
  return ask(way.url, {
    method: "POST",
    headers: {
      ...{ "content-type": "text/plain; charset=utf-8", title },
      ...(way.token !== undefined && { authorization: `Bearer ${way.token}` }),
    },
    body: lines.join("\n\n"),
  });
}

/**
 * Follows no redirection: nobody was asked whether that place may have it.
 * @throws where the server was not reached or did not say 2xx: why, without the URL
 */
export async function ask(url: string, request: RequestInit, timeoutMs = TIMEOUT_MS): Promise<void> {
  const { host } = new URL(url);
  let answer: Response;
  try {
    answer = await fetch(url, { ...request, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    const why = name === "TimeoutError" ? "no answer in time" : (cause?.code ?? "not reached");
    throw new Error(`${host}: ${why}`);
  }
  await answer.body?.cancel();
  if (answer.status >= 300 && answer.status < 400)
    throw new Error(`${host}: it points to another place (${answer.status}): give that place's URL`);
  if (!answer.ok) throw new Error(`${host}: it says ${answer.status}`);
}
