/** The live stream of one handheld: what the browser's EventSource brings, checked and decoded. */
import type { z } from "zod";
import { LIVE_EVENTS, live } from "../../../schema/live";
import { addressOf } from "./client";

type Events = { [Name in keyof typeof LIVE_EVENTS]: z.output<(typeof LIVE_EVENTS)[Name]> };
export type LiveReader = { [Name in keyof Events]?: (event: Events[Name]) => void } & {
  /** Whether the hub is heard; the browser tries again by itself. */
  connected?: (isConnected: boolean) => void;
};

/** Until one is opened anew that the hub refused: the browser itself tries again after breaks of the network alone. */
const AGAIN_MS = 5000;
/** Nothing at all for so long where blocks should come: what lies between forgot the connection, as after a sleep. */
const SILENT_MS = 15_000;

export interface Watch {
  /** To be called now and then. @param isExpected whether something should have come lately */
  check(isExpected: boolean): void;
  stop(): void;
}

export function watchLive(handheld: string, reader: LiveReader): Watch {
  let heardAt = performance.now();
  let source = open(false);
  const onWake = () => document.visibilityState === "visible" && check(false);

  /** @param isAgain the hub does not know which one it follows: what is shown begins anew */
  function open(isAgain: boolean): EventSource {
    const fresh = new EventSource(addressOf(live.path, undefined, { handheld }));
    fresh.addEventListener("open", () => reader.connected?.(true));
    fresh.addEventListener("error", () => reader.connected?.(false));
    for (const name of Object.keys(LIVE_EVENTS) as (keyof Events)[])
      fresh.addEventListener(name, ({ data }: MessageEvent<string>) => {
        heardAt = performance.now();
        const event = LIVE_EVENTS[name].safeParse(JSON.parse(data));
        if (event.success) (reader[name] as ((event: unknown) => void) | undefined)?.(event.data);
        if (isAgain && name === "recording") reader.anew?.({});
        isAgain = false;
      });
    return fresh;
  }

  function check(isExpected: boolean): void {
    const silentMs = performance.now() - heardAt;
    const isRefused = source.readyState === EventSource.CLOSED && silentMs > AGAIN_MS;
    if (!isRefused && !(isExpected && silentMs > SILENT_MS)) return;
    source.close();
    heardAt = performance.now();
    source = open(true);
  }

  document.addEventListener("visibilitychange", onWake);
  return {
    check,
    stop() {
      document.removeEventListener("visibilitychange", onWake);
      source.close();
    },
  };
}

/** A lead of a block. */
export function samplesOf(base64: string): Int32Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
  return new Int32Array(bytes.buffer, 0, bytes.length >> 2);
}
