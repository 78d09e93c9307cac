/** Claims from the page: filed, photographed, followed, withdrawn. */
import type { FastifyInstance } from "fastify";
import { CLAIM_WINDOW_MS, decodeClaimCode } from "../../protocol/claim";
import { Refused } from "../access/guard";
import { answerTo, claimed } from "../claim/answers";
import { deafness, unheard } from "../claim/deaf";
import { distanceText, unclaimedNearby } from "../claim/nearby";
import type { Clock } from "../clock";
import * as schema from "../schema/claims";
import { NO_DOSSIER } from "../store/tables";
import type { ApiParts } from "./parts";
import type { PhotoAnswer } from "./photoworker";
import { addRoute } from "./route";
import { answerOf, startThread } from "./thread";

/** A JPEG of 8 MB can be a day's work: scan over scan of the same pixels. */
const PHOTO_MS = 60_000;
/** Whose end is told with its time; the store keeps as many. */
const MAX_FILED = 64;

export function addClaims(app: FastifyInstance, { hub, status, clock }: ApiParts): void {
  const { reader } = hub;
  /** Unix ms by claim. */
  const filed = new Map<number, number>();
  let reading = false;

  const file = (code: Uint8Array, person: number | undefined) => {
    const name = person === undefined ? undefined : reader.people().find(({ id }) => id === person)?.name;
    if (person !== undefined && name === undefined)
      throw new Refused(404, "PERSON_UNKNOWN", `no person ${person} here`);
    const claim = hub.claim(code, { person: name });
    filed.set(claim, clock.now());
    for (const old of filed.keys()) {
      if (filed.size <= MAX_FILED) break;
      filed.delete(old);
    }
    return { claim };
  };

  addRoute(app, schema.claim, ({ body }) => file(decodeClaimCode(body.code), body.person));

  addRoute(app, schema.claimPhoto, async ({ query, body }) => {
    if (reading)
      throw new Refused(503, "WEB_BUSY", "another photo is being read; try again in a few seconds");
    reading = true;
    try {
      const answer = await readPhoto(body, clock);
      if ("message" in answer) throw new Refused(400, answer.code, answer.message);
      return file(answer.claimCode, query.person);
    } finally {
      reading = false;
    }
  });

  addRoute(app, schema.claimState, ({ params }) => {
    const claim = reader.claimState(params.id);
    if (!claim) throw new Refused(404, "WEB_CLAIM", `no claim ${params.id} is known here`);
    const { state, device, code, maker } = claim;
    const at = filed.get(params.id);
    const until = state === "waiting" && at !== undefined ? at + CLAIM_WINDOW_MS : undefined;
    if (state === "claimed") return { state, device, maker, ...claimed(maker) };
    if (state === "waiting" && code === undefined) return { state, until };
    const deaf = code === "nobody" ? deafness(status?.()) : undefined;
    if (deaf) return { state, until, device, code: "nobody-heard", deaf: deaf.code, ...unheard(deaf) };
    return { state, until, device, code, maker, ...answerTo(code, maker) };
  });

  addRoute(app, schema.believeMaker, ({ params }) => {
    const claim = reader.claimState(params.id);
    if (claim?.code !== "other-maker")
      throw new Refused(404, "WEB_CLAIM", `claim ${params.id} waits for no word about a maker`);
    hub.believeMaker(params.id);
    return {};
  });

  addRoute(app, schema.withdrawClaim, ({ params }) => {
    if (!reader.claimState(params.id))
      throw new Refused(404, "WEB_CLAIM", `no claim ${params.id} is known here`);
    hub.withdrawClaim(params.id);
    return {};
  });

  addRoute(app, schema.addPapers, ({ body }) => {
    try {
      return { device: hub.addDossier(body) };
    } catch (error) {
      const { code = "", message } = error as Error & { code?: string };
      if (code === "STORE_CERTIFICATE") throw new Refused(409, code, message);
      if (!NO_DOSSIER.test(code)) throw error;
      throw new Refused(
        400,
        "WEB_PAPERS",
        `these are no papers of a handheld: ${message}; choose the .dossier file that came with it`,
      );
    }
  });

  addRoute(app, schema.nearby, () => {
    const now = status?.();
    const nearby = unclaimedNearby(now, clock.now()).map(({ name, rssi, heardAt }) => ({
      name: name!,
      distance: distanceText(rssi),
      heardAt,
    }));
    return { nearby, deaf: deafness(now) };
  });
}

/** @throws Refused when it takes too long */
async function readPhoto(picture: Uint8Array, clock: Clock): Promise<PhotoAnswer> {
  const worker = startThread("photoworker", { picture });
  let tooSlow = false;
  const cancel = clock.after(PHOTO_MS, () => {
    tooSlow = true;
    void worker.terminate();
  });
  try {
    return await answerOf<PhotoAnswer>(worker);
  } catch (error) {
    if (!tooSlow) throw error;
    throw new Refused(
      400,
      "PHOTO_SLOW",
      "this photo takes too long to read: take it anew, smaller and closer, or type the code",
    );
  } finally {
    cancel();
  }
}
