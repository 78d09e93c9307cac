/** Of hours nobody reads every second: trends, a table of what was found, and the strips that show it. */

import { nameOf } from "../document/signal";
import { findingsOf, rateOf, type Stretch, type Study } from "../document/study";
import type { Finding } from "../rhythm/findings";
import type { Rhythm } from "../rhythm/types";
import { findingLine, symptomsOf, whenText } from "./facts";
import { drawTitle, type Page } from "./head";
import { ROW_SECONDS } from "./paper";
import { drawRow, ROW_HEIGHT, ROWS_APART, scaleLine } from "./rows";
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

function drawTable({ sheet, study, timeZone, ...rest }: Page, top: number): void {
  const { left, right } = sheet.paper;
  const findings = findingsOf(study);
  const lines = findings.slice(0, MOST_LINES).map((finding) => findingLine(study, finding, timeZone));
  if (findings.length > MOST_LINES)
    lines.push(`${MOST_LINES} of ${findings.length} shown: 'avnode findings ${study.info.id}' lists all`);
  if (lines.length === 0) lines.push("none");
  let y = top;
  sheet.tagged("H2", () => sheet.write(`Findings: ${findings.length}`, left, y, { size: 8, bold: true }));
  y += LEADING + 2;
  for (const line of lines) {
    if (y > sheet.paper.bottom) {
      sheet.addPage();
      y = drawTitle({ sheet, study, timeZone, ...rest }, "Findings, continued");
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

function stripsOf(study: Study): Strip[] {
  const length = Math.round(ROW_SECONDS * rateOf(study));
  const ofFinding = (finding: Finding): Strip => ({
    ...around(study, (finding.evidence.from + finding.evidence.to) / 2, length),
    why: WHY[finding.rhythm] ?? "irregular",
    first: 1 + FIRST.indexOf(finding.rhythm),
  });
  const strips = [
    ...symptomsOf(study).map((at) => ({ ...around(study, at, length), why: "symptom marked", first: 0 })),
    ...findingsOf(study).map(ofFinding),
  ];
  return strips.length > 0
    ? strips
    : [{ ...around(study, study.from, length), why: "its beginning", first: 0 }];
}

const WHY: Partial<Record<Rhythm, string>> = {
  af: "possible AF",
  vrun: "possible run of ventricular beats",
  pause: "pause between beats",
  tachy: "fast",
  brady: "slow",
  ectopy: "frequent extra beats",
};

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
  const { sheet, study, reader, timeZone } = page;
  const { leads } = study.info.open;
  const all = stripsOf(study);
  const strips = chosen(all);
  const analysed = study.analysis?.lead ?? 0;
  const shown = leads.length <= MOST_LEADS ? leads.map((_, index) => index) : [analysed];
  const title = `Strips: ${strips.length} of ${all.length} shown`;
  const part = shown.length < leads.length ? `, lead ${nameOf(leads[analysed]!, analysed)} only` : "";
  let y = Number.POSITIVE_INFINITY;
  for (const strip of strips) {
    const held = samplesOf(reader, study, strip);
    const height = shown.length * (ROW_HEIGHT + ROWS_APART) + LEADING;
    if (y + height > sheet.paper.bottom) {
      sheet.addPage();
      y = scaleLine(page, drawTitle(page, `${title}${part}`));
    }
    const label = `${strip.why}, ${whenText(study, strip.from, timeZone)}`;
    sheet.tagged("H2", () => sheet.write(label, sheet.paper.left, y + 8, { size: 7.5, bold: true }));
    y += LEADING + 2;
    for (const lead of shown) {
      drawRow(page, strip, held, lead, y);
      y += ROW_HEIGHT + ROWS_APART;
    }
  }
}
