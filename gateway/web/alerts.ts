/** Alerts: who is told, what and when. The running hub tells. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { AlertBook } from "../delivery/alerts/book";
import { messageOf } from "../delivery/alerts/pile";
import { addressOf, tellTest } from "../delivery/alerts/ways";
import * as schema from "../schema/alerts";
import { codeOf } from "../store/errors";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";

export function addAlerts(app: FastifyInstance, { hub, dataDir, egress, watcher }: ApiParts): void {
  const demo = isDemo({ hub });
  const book = AlertBook.open(dataDir, demo, (left) => egress.tell(left));
  app.addHook("onClose", async () => book.close());

  const answer = (): schema.AlertsState => {
    const { listeners, times, watcher: url, paused } = book.wanted();
    const piles = book.told().filter(({ listener }) => listeners.some(({ id }) => id === listener));
    return {
      ...{ times, paused },
      ways: listeners.map(({ id, way, tells }) => ({ id, kind: way.kind, address: addressOf(way), tells })),
      watcher: url === undefined ? undefined : { host: new URL(url).host, ...watcher?.watched },
      messages: piles.flatMap(({ listener: way, lines, more, at, reason, told }) => [
        ...(Object.keys(lines).length === 0
          ? []
          : [{ way, state: "waiting" as const, at, ...linesOf({ lines, more }), reason }]),
        ...told.map((one) => ({ way, state: "accepted" as const, ...one })),
      ]),
    };
  };

  addRoute(app, schema.alerts, answer);
  addRoute(app, schema.changeAlertTimes, ({ body }) => {
    book.setTimes(body);
    return answer();
  });
  addRoute(app, schema.addAlertWay, ({ body }) => {
    saidWhy(() => book.add(body.way, body.tells));
    return answer();
  });
  addRoute(app, schema.changeAlertTopics, ({ params, body }) => {
    saidWhy(() => book.setTopics(params.id, body.tells));
    return answer();
  });
  addRoute(app, schema.removeAlertWay, ({ params }) => {
    saidWhy(() => book.remove(params.id));
    return {};
  });
  addRoute(app, schema.testAlertWay, ({ params }) => {
    const { way } = saidWhy(() => book.listener(params.id));
    return tried(() => tellTest(way, demo));
  });
  addRoute(app, schema.setWatcher, ({ body }) => {
    saidWhy(() => book.setWatcher(body.url));
    return answer();
  });
  addRoute(app, schema.pingWatcher, () =>
    tried(async () => {
      if (!watcher) throw new Error("no alerts run here: see the hub's log");
      await watcher.ping();
    }),
  );
}

/** Its title is for a locked phone. */
function linesOf(waiting: Parameters<typeof messageOf>[0]) {
  const { lines, said } = messageOf(waiting);
  return { lines, said };
}

async function tried(run: () => Promise<void>): Promise<{ accepted: boolean; reason?: string }> {
  try {
    await run();
    return { accepted: true };
  } catch (error) {
    return { accepted: false, reason: (error as Error).message };
  }
}

/** @throws Refused for what the book does not take */
function saidWhy<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const code = codeOf(error);
    const status = code === "ALERT_WAY" ? 404 : 409;
    if (/^(ALERT|OUTBOX)_/.test(code)) throw new Refused(status, code, (error as Error).message);
    throw error;
  }
}
