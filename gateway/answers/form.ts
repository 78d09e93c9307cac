/**
 * The form that a clinician answers on: one HTML file, opened from a disk without any network. It shows what was found and
 * the strips that show it, and makes of what is said a file that comes back by whatever way (take.ts).
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { toHex } from "../../protocol/bytes";
import { leafHash } from "../../protocol/merkle";
import { nodeCrypto } from "../crypto";
import { fullTime, ownTimeZone } from "../document/localtime";
import { nameOf } from "../document/signal";
import { findingsOf, firstHeld, rateOf, type Study, studyOf, timeOf } from "../document/study";
import { stripPicture } from "../report/picture";
import { BY_WEIGHT } from "../schema/byweight";
import { DEFAULT_DAYS } from "../schema/formbounds";
import { StoreError } from "../store/errors";
import type { StoreReader } from "../store/reader";
import type { FormContent, Strip } from "./content";
import { markOf, signHead } from "./head";

const DAY_MS = 86_400_000;
const NONCE_BYTES = 16;
const STRIP_SECONDS = 10;
/** Of a recording that is shown whole. */
const SHORT_SECONDS = 60;
/** Some 30 kB each: the file stays one that mail takes. */
const MOST_STRIPS = 40;
/** An answer has room for as many, and for some that are added. */
const MOST_FINDINGS = 150;
const PLACE = "{content}";

export interface FormOptions {
  /** For whom it is. */
  label?: string;
  /** How long an answer is taken. */
  days?: number;
  /** Unix ms. */
  now: number;
  /** IANA's name; this machine's own by default. */
  timeZone?: string;
  /** Hex; forms of one nonce are answered once. A fresh one by default. */
  nonce?: string;
}

/** @throws FORM_UNASSIGNED, FORM_EARLY, FORM_PAGE, and as studyOf does */
export function makeForm(reader: StoreReader, id: string, options: FormOptions): Buffer {
  return Buffer.from(formWith(contentOf(reader, id, options), template()));
}

/** @param page as tools/answerform.ts builds it */
export function formWith(content: FormContent, page: string): string {
  // Within a script element, where "<" would end it.
  const text = JSON.stringify(content).replaceAll("<", "\\u003c");
  return page.replace(PLACE, () => text);
}

export function contentOf(reader: StoreReader, id: string, options: FormOptions): FormContent {
  const { label, days = DEFAULT_DAYS, now, timeZone = ownTimeZone() } = options;
  const { nonce = toHex(randomBytes(NONCE_BYTES)) } = options;
  const study = studyOf(reader, id);
  const { info, person } = study;
  if (!person)
    throw new StoreError(
      "FORM_UNASSIGNED",
      "this recording is nobody's yet, and of such a one no form is made: say whose it is first, on the page under 'Belongs to'",
    );
  const place = reader.log.place(info.id);
  if (!place)
    throw new StoreError(
      "FORM_EARLY",
      "not all of this recording is here yet: make the form once it has ended and is in the log",
    );
  // What has not ended may still change under the reader's eyes.
  const analysis = study.analysis?.ended ? study.analysis : undefined;
  const expiresAt = now + days * DAY_MS;
  const head = {
    ...{ recording: info.id, leaf: toHex(leafHash(nodeCrypto.sha256, place.leaf)) },
    person: markOf(reader, info.id, person.id),
    analysis: analysis && { number: analysis.number, version: analysis.version },
    ...{ label, issuedAt: now, expiresAt, nonce },
  };
  const start = timeOf(study, 0);
  const all = findingsOf({ ...study, analysis }).map((finding) => ({
    ...finding,
    episode: analysis!.episodes.indexOf(finding),
  }));
  const weighty = all.toSorted((a, b) => BY_WEIGHT.indexOf(a.rhythm) - BY_WEIGHT.indexOf(b.rhythm));
  const shown = new Set(weighty.slice(0, MOST_FINDINGS));
  const isShort = info.samples / rateOf(study) <= SHORT_SECONDS;
  const pictured = isShort ? [] : weighty.slice(0, MOST_STRIPS);
  return {
    form: signHead(reader.log, head),
    ...{ recording: info.id, label, expiresAt, simulated: info.simulated, adopted: info.adopted },
    person: { name: person.name, birthDate: person.birthDate },
    start: start === undefined ? undefined : fullTime(start, timeZone),
    ...{
      samples: info.samples,
      rate: rateOf(study),
      leads: info.open.leads.map((lead, index) => nameOf(lead, index)),
    },
    analysis: analysis && {
      ...{ number: analysis.number, version: analysis.version },
      ...{ analysable: analysis.summary?.analysable, meanRate: analysis.summary?.meanRate },
    },
    findings: all
      .filter((one) => shown.has(one))
      .map(({ evidence: _, ...finding }) => {
        const strip = pictured.findIndex(({ episode }) => episode === finding.episode);
        return { ...finding, strip: strip < 0 ? undefined : strip };
      }),
    left: all.length - shown.size,
    strips: isShort
      ? wholeOf(reader, study)
      : (pictured.length > 0
          ? pictured.map(({ evidence: { from, to } }) => Math.round((from + to - samplesOf(study)) / 2))
          : [firstHeld(study)]
        ).map((from) => stripAt(reader, study, from)),
  };
}

/** Of a strip. */
const samplesOf = (study: Study) => Math.round(STRIP_SECONDS * rateOf(study));

/** Every lead, ten seconds after ten seconds. */
function wholeOf(reader: StoreReader, study: Study): Strip[] {
  const { leads } = study.info.open;
  const strips: Strip[] = [];
  for (let from = 0; from < study.info.samples; from += samplesOf(study))
    for (let lead = 0; lead < leads.length && strips.length < MOST_STRIPS; lead++)
      strips.push(stripAt(reader, study, from, lead));
  return strips;
}

/** @param wanted first sample, moved to where there is signal @param lead the one that was analysed by default */
function stripAt(reader: StoreReader, study: Study, wanted: number, lead = study.analysis?.lead ?? 0): Strip {
  const { info } = study;
  const from = Math.max(0, Math.min(wanted, info.samples - samplesOf(study)));
  const to = Math.min(info.samples, from + samplesOf(study));
  const pieces = () => reader.pieces(info.id, from, to);
  const png = stripPicture({ ...study, from, to, pieces }, from, { place: lead }).toString("base64");
  return { from, lead: nameOf(info.open.leads[lead]!, lead), png };
}

/** As the build put it beside the program. @throws FORM_PAGE */
function template(): string {
  const folder = extname(__filename) === ".ts" ? join(__dirname, "../../dist") : __dirname;
  try {
    return readFileSync(join(folder, "answer-form.html"), "utf8");
  } catch (cause) {
    const why = (cause as Error).message;
    throw new StoreError("FORM_PAGE", `the form's page is not there (${why}): run 'npm run build'`, {
      cause,
    });
  }
}
