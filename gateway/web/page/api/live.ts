/** The live stream of one handheld: what the browser's EventSource brings, checked and decoded. */
import type { z } from "zod";
import { LIVE_EVENTS, live } from "../../schema/live";
import { addressOf } from "./client";

type Events = { [Name in keyof typeof LIVE_EVENTS]: z.output<(typeof LIVE_EVENTS)[Name]> };
export type LiveReader = { [Name in keyof Events]?: (event: Events[Name]) => void } & {
  /** Whether the hub is heard; the browser tries again by itself. */
  connected?: (isConnected: boolean) => void;
};

/** @returns ends it */
export function watchLive(handheld: string, reader: LiveReader): () => void {
  const source = new EventSource(addressOf(live.path, undefined, { handheld }));
  source.addEventListener("open", () => reader.connected?.(true));
  source.addEventListener("error", () => reader.connected?.(false));
  for (const name of Object.keys(LIVE_EVENTS) as (keyof Events)[])
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const event = LIVE_EVENTS[name].safeParse(JSON.parse(data));
      if (event.success) (reader[name] as ((event: unknown) => void) | undefined)?.(event.data);
    });
  return () => source.close();
}

/** A lead of a block. */
export function samplesOf(base64: string): Int32Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
  return new Int32Array(bytes.buffer, 0, bytes.length >> 2);
}
