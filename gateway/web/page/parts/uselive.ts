/** The live trace of a handheld, fed by the hub: first what it holds already, then what comes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { SIGNAL_HEADERS, signal } from "../../../schema/signal";
import type { Api } from "../api/client";
import { samplesOf, watchLive } from "../api/live";
import { leadsOf } from "../api/windows";
import type { Range } from "../paper/samples";
import { LiveTrace } from "./livetrace";

const LOOK_AT_AGE_MS = 1000;

const wantsCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param skewMs what the hub's clock is ahead of this browser's */
export function useLive(api: Api, device: string, skewMs: number) {
  const [trace, setTrace] = useState(() => new LiveTrace(!wantsCalm()));
  const [isConnected, setConnected] = useState(true);
  const [, setCount] = useState(0);
  const skew = useRef(skewMs);
  skew.current = skewMs;
  useEffect(() => {
    const fresh = new LiveTrace(!wantsCalm());
    const told = () => setCount((count) => count + 1);
    // What could not be read stays a gap on the screen; in the recording it is none.
    const read = (id: string, { from, to }: Range) =>
      readWindow(api, id, from, to, fresh.recording?.form?.leads.length ?? 0).then(
        (samples) => {
          fresh.add(id, from, samples, undefined);
          told();
        },
        () => undefined,
      );
    const readPast = () => {
      const { recording } = fresh;
      const past = fresh.past();
      if (recording && past) void read(recording.id, past);
      const agoMs = Date.now() + skew.current - (recording?.lastAt ?? Date.now() + skew.current);
      fresh.newestAt ??= performance.now() - Math.max(0, agoMs);
      told();
    };
    setTrace(fresh);
    const watch = watchLive(device, {
      connected: setConnected,
      recording: (recording) => {
        fresh.begin(recording);
        readPast();
      },
      // Told at once: the paper may have to be higher for what comes.
      block: ({ recording, from, samples }) => {
        fresh.add(recording, from, samples.map(samplesOf), performance.now());
        told();
      },
      mark: ({ recording, kind }) => {
        fresh.mark(recording, kind);
        told();
      },
      missed: ({ recording, from, to }) => void read(recording, fresh.shownOf({ from, to })),
      anew: () => {
        fresh.clear();
        readPast();
      },
    });
    const timer = setInterval(() => {
      watch.check(fresh.recording?.state === "recording");
      told();
    }, LOOK_AT_AGE_MS);
    return () => {
      watch.stop();
      clearInterval(timer);
    };
  }, [api, device]);
  return { trace, isConnected };
}

async function readWindow(
  api: Api,
  id: string,
  from: number,
  to: number,
  leads: number,
): Promise<Int32Array[]> {
  const query = { from: String(from), to: String(to) };
  const answer = await api.send(signal, { params: { id }, query });
  const count = Number(answer.headers.get(SIGNAL_HEADERS.count));
  return leadsOf(await answer.arrayBuffer(), leads, count, 1);
}
