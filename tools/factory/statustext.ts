/** A station's status for people. */
import { counted, table } from "../../gateway/cli/text";
import { FAILURES, type FailureCode } from "./codes";
import type { StationStatus } from "./status";

const PLUG_IN =
  "unfinished: plug each in again, at any slot; it is known by its chip and finished (one that became scrap stays in the count)";

const REVOKE =
  "no unit has them by right, but their certificates are valid until 'avnode factory revoke STATION --given-up --reason …' is with the hubs";

const OPENED =
  "a console answered, and gives away the keys: 'avnode factory give-up STATION SERIAL --reason …' takes the identity from it, 'avnode factory revoke' names it to the hubs";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function statusLines(status: StationStatus): string[] {
  const {
    station,
    passed,
    withoutAir,
    failed,
    lines,
    turns,
    yield: share,
    seen,
    byCode,
    byStep,
    unitsPerHour,
    unfinished,
    problems,
  } = status;
  const rate = unitsPerHour === null ? "" : `, ${unitsPerHour.toFixed(1)} units per hour of work`;
  const ofUnits = seen === 0 ? "" : `${percent(passed / seen)} of ${counted(seen, "unit")}, `;
  const of = share === null ? "" : ` (${ofUnits}${percent(share)} of ${counted(turns, "turn")})`;
  const steps = Object.entries(byStep).sort(([, a], [, b]) => b - a);
  const failedAt = steps.map(([step, times]) => `${step} ${times}`).join(", ");
  const codes = Object.entries(byCode).sort(([a], [b]) => a.localeCompare(b));
  const rows = codes.map(([code, times]) => [code, FAILURES[code as FailureCode]?.what ?? "", String(times)]);
  return [
    `${station.maker}, ${station.name}: ${station.deviceClass} units for ${station.board}, batch ${station.batch}`,
    `${passed} passed${of}, ${failed} failed, ${unfinished} unfinished${rate}`,
    ...(unfinished > 0 ? [PLUG_IN] : []),
    ...(withoutAir > 0 ? [`${withoutAir} of them passed without a sign of life (--without-air)`] : []),
    ...gaps(status),
    ...(status.givenUp > 0
      ? [`${counted(status.givenUp, "identity", "identities")} given up: ${REVOKE}`]
      : []),
    ...(status.opened.length > 0 ? [`${status.opened.join(", ")}: ${OPENED}`] : []),
    ...(failedAt === "" ? [] : [`failed at: ${failedAt}`]),
    ...(rows.length > 0 ? table(["CODE", "WHAT", "TIMES"], rows) : []),
    ...(problems.length > 0
      ? problems
      : [`its log of ${counted(lines, "line")} is whole and signed by the maker`]),
  ];
}

/** A pass is no proof of what nobody looked at. */
function gaps({ without: { scan, hands, clear } }: StationStatus): string[] {
  const found = [
    [scan, "no scan of the label on the unit (run --scan)"],
    [hands, "nobody at the self-test (run --ask)"],
    [clear, "keys that went in the clear (run by cable)"],
  ] as const;
  const told = found.filter(([units]) => units > 0).map(([units, what]) => `${units} with ${what}`);
  return told.length > 0 ? [`of those that passed: ${told.join(", ")}`] : [];
}
