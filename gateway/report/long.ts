/** Of hours nobody reads every second: trends, a table of what was found, and the strips that show it. */
import { findingsOf, firstHeld, rateOf, type Stretch, type Study } from "../document/study";
import { kindOf } from "../findings/words";
import type { Finding } from "../rhythm/findings";
import type { Rhythm } from "../rhythm/types";
import type { Words } from "../words/words";
import { findingLine, leadName, symptomsOf, whenText } from "./facts";
import { drawTitle, type Page } from "./head";
import { ROW_SECONDS } from "./paper";
import { drawRow, heightOf, ROW_HEIGHT, ROWS_APART, scaleLine } from "./rows";
import { samplesOf } from "./samples";
import { drawTrends } from "./trends";

const MOST_STRIPS = 12;
const MOST_LINES = 120;
const MOST_LEADS = 3;
const LEADING = 9;
/** What a clinician wants to see first, when not all fits. */
const FIRST: Rhythm[] = ["vrun", "pause", "af", "tachy", "brady", "ectopy", "other"];

interface Strip extends Stretch {
  why: string;
  first: number;
}

/** @param top of the first page's free part */
export function drawLong(page: Page, top: number): void {
  const below = drawTrends(page, top);
  drawTable(page, below + 12);
  drawStrips(page);
}

function drawTable(page: Page, top: number): void {
  const { sheet, study, words } = page;
  const { left, right } = sheet.paper;
  const findings = findingsOf(study);
  const lines = findings.slice(0, MOST_LINES).map((finding) => findingLine(page, finding));
  const count = findings.length;
  if (count > MOST_LINES)
    lines.push(words.say("findings-shown", { shown: MOST_LINES, count, id: study.info.id }));
  if (lines.length === 0) lines.push(words.say("findings-empty"));
  let y = top;
  sheet.tagged("H2", () =>
    sheet.write(words.say("findings-count", { count }), left, y, { size: 8, bold: true }),
  );
  y += LEADING + 2;
  for (const line of lines) {
    if (y > sheet.paper.bottom) {
      sheet.addPage();
      y = drawTitle(page, words.say("findings-continued"));
    }
    sheet.tagged("P", () =>
      sheet.write(sheet.lines(line, right - left, 1, { size: 7 })[0]!, left, y, { size: 7 }),
    );
    y += LEADING;
  }
}

/** Ten seconds round the middle of it, within the stretch. */
function around({ from, to }: Study, middle: number, length: number): Stretch {
  const first = Math.max(from, Math.min(Math.round(middle - length / 2), to - length));
  return { from: first, to: Math.min(to, first + length) };
}

function stripsOf(study: Study, words: Words): Strip[] {
  const length = Math.round(ROW_SECONDS * rateOf(study));
  const ofFinding = (finding: Finding): Strip => ({
    ...around(study, (finding.evidence.from + finding.evidence.to) / 2, length),
    why: words.say(`strip-${kindOf(finding)}`),
    first: 1 + FIRST.indexOf(finding.rhythm),
  });
  const strips = [
    ...symptomsOf(study).map((at) => ({
      ...around(study, at, length),
      why: words.say("strip-symptom"),
      first: 0,
    })),
    ...findingsOf(study).map(ofFinding),
  ];
  if (strips.length > 0) return strips;
  return [
    { ...around(study, firstHeld(study) + length / 2, length), why: words.say("strip-beginning"), first: 0 },
  ];
}

/** Of each kind the first ones in turn, so that one kind does not crowd out the others. */
function chosen(strips: Strip[]): Strip[] {
  const turns = new Map<number, number>();
  const ranked = strips.map((strip) => {
    const turn = turns.get(strip.first) ?? 0;
    turns.set(strip.first, turn + 1);
    return { strip, turn };
  });
  ranked.sort((a, b) => a.turn - b.turn || a.strip.first - b.strip.first);
  return ranked
    .slice(0, MOST_STRIPS)
    .map(({ strip }) => strip)
    .sort((a, b) => a.from - b.from);
}

function drawStrips(page: Page): void {
  const { sheet, study, reader, words } = page;
  const { leads } = study.info.open;
  const all = stripsOf(study, words);
  const strips = chosen(all);
  const analysed = study.analysis?.lead ?? 0;
  const shown = leads.length <= MOST_LEADS ? leads.map((_, index) => index) : [analysed];
  const title = words.say(shown.length < leads.length ? "strips-lead" : "strips", {
    ...{ shown: strips.length, count: all.length, lead: leadName(words, study, analysed) },
  });
  const head = LEADING + 2;
  const heightWith = (row: number) => head + shown.length * (row + ROWS_APART);
  let y = Number.POSITIVE_INFINITY;
  let height = ROW_HEIGHT;
  for (const strip of strips) {
    const held = samplesOf(reader, study, strip);
    if (y + heightWith(height) - ROWS_APART > sheet.paper.bottom) {
      sheet.addPage();
      y = scaleLine(page, drawTitle(page, title));
      const room = sheet.paper.bottom - y;
      const fit = Math.min(strips.length, Math.floor(room / heightWith(ROW_HEIGHT)));
      height = heightOf(fit * shown.length, room - fit * head);
    }
    const label = `${strip.why}, ${whenText(page, strip.from)}`;
    sheet.tagged("H2", () => sheet.write(label, sheet.paper.left, y + 8, { size: 7.5, bold: true }));
    y += head;
    for (const lead of shown) {
      drawRow(page, strip, held, lead, y, height);
      y += height + ROWS_APART;
    }
  }
}
