/** Updates from the page: a release is added, its owner decides. What is asked for the hub carries out (gateway/update). */
import type { FastifyInstance } from "fastify";
import { UpdateRefusal } from "../../protocol/update";
import { Refused } from "../access/guard";
import * as schema from "../schema/updates";
import type { Update } from "../store/updates";
import { Wishes } from "../update/wishes";
import { doingOf, refusalCode } from "../update/words";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addUpdates(app: FastifyInstance, { hub, dataDir, clock }: ApiParts): void {
  const wishes = new Wishes(dataDir, hub.reader);
  app.addHook("onClose", async () => wishes.close());

  addRoute(app, schema.update, ({ params }) => {
    const known = wishes.all().find(({ device }) => device === params.id);
    if (!known) throw new Refused(404, "STORE_UNKNOWN_DEVICE", `no handheld ${params.id} here`);
    const { newest, update } = known;
    return {
      newest: newest && { version: newest.release.version, notes: newest.notes },
      update: update && told(update),
    };
  });

  addRoute(app, schema.startUpdate, ({ params, body }) =>
    asked(() => wishes.start(params.id, body.whenReady ? "ready" : "no", clock.now())),
  );

  addRoute(app, schema.swapUpdate, ({ params, body }) =>
    asked(() => wishes.swap(params.id, body.whenReady ? "ready" : "once")),
  );

  addRoute(app, schema.cancelUpdate, ({ params }) => asked(() => wishes.cancel(params.id, clock.now())));

  addRoute(app, schema.addRelease, ({ body }) => {
    const { version, board } = saidWhy(() => wishes.add(body)).release;
    return { version, board };
  });
}

function told(update: Update): NonNullable<schema.DeviceUpdate["update"]> {
  const { version, bytes, ended, swap, state } = update;
  const isOurs = state?.counter === update.counter;
  return {
    version,
    state: ended?.how ?? doingOf(update),
    share: isOurs ? Math.min(1, state.taken / bytes) : 0,
    refused: refusalCode(state?.refused ?? UpdateRefusal.none),
    whenReady: swap === "ready",
  };
}

function asked(act: () => unknown) {
  saidWhy(act);
  return {};
}

/** @throws Refused */
function saidWhy<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (code.startsWith("UPDATE_")) throw new Refused(409, code, message);
    throw error;
  }
}
