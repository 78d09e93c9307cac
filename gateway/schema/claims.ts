/** Taking ownership of a handheld from the page: by its code, typed, scanned or photographed. */
import { z } from "zod";
import { nothingSchema, timeSchema, wholeNumberText } from "./common";
import { BINARY, type Endpoint } from "./endpoint";

export const MAX_PHOTO_BYTES = 8_000_000;
/** As protocol/dossier.ts says. */
export const MAX_PAPERS_BYTES = 1_048_576;
const MAX_CODE = 100;

/** Why a hub itself hears no handheld: it has no radio, no adapter, or none that works. */
const deafSchema = z.enum(["no-radio", "no-adapter", "adapters-off"]);
export type Deaf = z.infer<typeof deafSchema>;

const claimParams = z.strictObject({ id: wholeNumberText });
/** Its number: asked for until it has ended. */
const filedSchema = z.object({ claim: z.int() });

export const claim = {
  method: "POST",
  path: "/api/claims",
  summary: "Begins to claim the handheld of this code; its button is to be held within the next minute",
  body: z.strictObject({
    /** As it stands on the handheld, or what its QR says. */
    code: z.string().max(MAX_CODE),
    /** Of whoever its next recordings are. */
    person: z.int().positive().optional(),
  }),
  answer: filedSchema,
  status: 202,
} satisfies Endpoint;

export const claimPhoto = {
  method: "POST",
  path: "/api/claims/photo",
  summary:
    "As /api/claims, by a photo of the handheld's QR: JPEG or PNG, which the hub reads and does not keep",
  query: z.strictObject({ person: wholeNumberText.optional() }),
  body: BINARY,
  bodyBytes: MAX_PHOTO_BYTES,
  answer: filedSchema,
  status: 202,
} satisfies Endpoint;

export const claimState = {
  method: "GET",
  path: "/api/claims/:id",
  summary: "How a claim goes, or how it ended, in words",
  params: claimParams,
  answer: z.object({
    state: z.enum(["waiting", "claimed", "expired", "refused"]),
    /** Until when it waits. */
    until: timeSchema.optional(),
    /** Of the one claimed, or of the one that this hub claimed earlier by the same code: 16 hex digits. */
    device: z.string().optional(),
    /** Why it ended without a handheld; while it waits, how it looks so far. "nobody-heard": the hub hears nothing itself. */
    code: z.string().optional(),
    /** Of "nobody-heard". */
    deaf: deafSchema.optional(),
    /** Of a real handheld that answered: "other-maker" waits for its owner's word about this one. */
    maker: z.object({ fingerprint: z.string(), first: z.boolean() }).optional(),
    /** What that means, and what to do next, in English; missing while nothing is to be said. */
    detail: z.string().optional(),
    next: z.string().optional(),
  }),
} satisfies Endpoint;
export type ClaimProgress = z.infer<(typeof claimState)["answer"]>;

export const believeMaker = {
  method: "POST",
  path: "/api/claims/:id/maker",
  summary:
    "Believes the maker of the handheld that a claim met, after its fingerprint was compared with the maker's paper",
  params: claimParams,
  answer: nothingSchema,
} satisfies Endpoint;

export const withdrawClaim = {
  method: "DELETE",
  path: "/api/claims/:id",
  summary: "Ends a claim that waits",
  params: claimParams,
  answer: nothingSchema,
} satisfies Endpoint;

export const addPapers = {
  method: "POST",
  path: "/api/papers",
  summary:
    "Keeps a handheld's public papers, of a maker whom this hub believes: its signatures are checked by them",
  body: BINARY,
  bodyBytes: MAX_PAPERS_BYTES,
  /** Whose they are: 16 hex digits. */
  answer: z.object({ device: z.string() }),
} satisfies Endpoint;

export const nearby = {
  method: "GET",
  path: "/api/nearby",
  summary: "Handhelds that nobody owns and this hub hears, the strongest first",
  answer: z.object({
    nearby: z.array(
      z.object({
        /** As it says it on the air. */
        name: z.string(),
        distance: z.enum(["very near", "in the room", "far"]),
        heardAt: timeSchema,
      }),
    ),
    /** Why this hub itself hears nothing, and what to do, in English; missing where it hears. */
    deaf: z.object({ code: deafSchema, why: z.string(), next: z.string() }).optional(),
  }),
} satisfies Endpoint;
