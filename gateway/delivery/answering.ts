/** How whoever gets a document answers: by a link, on a form that goes along, or not at all. */
import { openAccess } from "../access/database";
import { Links } from "../access/links";
import type { Clock } from "../clock";
import type { Way } from "../schema/delivery";
import { DEFAULT_DAYS } from "../schema/formbounds";
import type { StoreReader } from "../store/reader";

export interface Answering {
  /** Who is asked. */
  label: string;
  /** Unix ms. */
  now: number;
  /** Of a form: the same at each attempt, so that two mails of one delivery are answered once. */
  nonce: string;
  /** Address of a clinician's link. */
  link?: string;
}

/** @returns the token of a link; the same one for the same key, so that attempts pile up none */
export type MakeLink = (recording: string, label: string, key: string) => string;

const HOURS = 24 * DEFAULT_DAYS;
const NONCE_DIGITS = 32;

export function linkMaker(reader: StoreReader, dataDir: string, clock: Clock): MakeLink {
  return (recording, label, key) => {
    const db = openAccess(dataDir);
    try {
      return new Links(db, clock).make(recording, HOURS, label, reader.secret("link", key)).token;
    } finally {
      db.close();
    }
  };
}

/**
 * @param page its address for other machines; undefined while none reaches it: then a form goes instead of a link
 * @param key of the delivery
 */
export function answering(
  way: Way,
  { label, recording, key, now }: { label: string; recording: string; key: string; now: number },
  page: string | undefined,
  makeLink: MakeLink,
): Answering {
  const nonce = key.slice(0, NONCE_DIGITS);
  const wantsLink = (way.kind === "mail" || way.kind === "folder") && way.answers === "link";
  if (!wantsLink || page === undefined) return { label, now, nonce };
  // Behind the #, where no server, proxy or log on the way sees it.
  return { label, now, nonce, link: `${page}/link#${makeLink(recording, label, key)}` };
}
