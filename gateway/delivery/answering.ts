/** How whoever gets a document answers: by a link, on a form that goes along, or not at all. */
import { openAccess } from "../access/database";
import { Links } from "../access/links";
import type { Clock } from "../clock";
import type { Way } from "../schema/delivery";
import { DEFAULT_DAYS } from "../schema/formbounds";
import { codeOf } from "../store/errors";
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

/** A delivery: what is asked about, and of whom. */
interface Asked extends Pick<Answering, "label" | "now"> {
  recording: string;
  /** Id of whoever it belongs to. */
  person: number;
  /** Its id. */
  delivery: number;
  key: string;
}

/**
 * @returns the token of a link; the same one for the same key, so that attempts pile up none
 * @throws ACCESS_LINKS
 */
export type MakeLink = (asked: Asked) => string;

const HOURS = 24 * DEFAULT_DAYS;
const NONCE_DIGITS = 32;

export function linkMaker(reader: StoreReader, dataDir: string, clock: Clock): MakeLink {
  return ({ recording, person, label, delivery, key }) => {
    const db = openAccess(dataDir);
    try {
      const delivered = { by: delivery, secret: reader.secret("link", key) };
      return new Links(db, clock).make({ recording, person, hours: HOURS, label, delivered }).token;
    } finally {
      db.close();
    }
  };
}

/**
 * A form goes instead of a link where there are too many of those.
 * @param page its address for other machines; undefined while none reaches it: then a form goes, too
 */
export function answering(way: Way, asked: Asked, page: string | undefined, makeLink: MakeLink): Answering {
  const { label, key, now } = asked;
  const nonce = key.slice(0, NONCE_DIGITS);
  const wantsLink = (way.kind === "mail" || way.kind === "folder") && way.answers === "link";
  if (!wantsLink || page === undefined) return { label, now, nonce };
  try {
    // Behind the #, where no server, proxy or log on the way sees it.
    return { label, now, nonce, link: `${page}/link#${makeLink(asked)}` };
  } catch (error) {
    if (codeOf(error) === "ACCESS_LINKS") return { label, now, nonce };
    throw error;
  }
}
