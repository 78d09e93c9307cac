/** The table for people: every row with its peers beside it. */
import type { Row } from "./area";

const NAME_WIDTH = 46;
const VALUE_WIDTH = 12;
const COLUMN_WIDTH = 8;

/** Lines of one area. Rows called `area/what/part` come last, as a grid: one line a part, one column a peer. */
export function tableOf(rows: Row[]): string[] {
  const isPart = ({ name }: Row) => name.split("/").length > 2;
  return [...rows.filter((row) => !isPart(row)).flatMap(withPeers), ...grid(rows.filter(isPart))];
}

/** Name, value, unit; below each its peers, and how many times theirs ours is. */
function withPeers({ name, value, unit, peers }: Row): string[] {
  return [
    `${name.padEnd(NAME_WIDTH)}${figure(value).padStart(VALUE_WIDTH)} ${unit}`,
    ...Object.entries(peers).map(
      ([peer, other]) =>
        `  ${peer.padEnd(NAME_WIDTH - 2)}${figure(other).padStart(VALUE_WIDTH)} × ${ratio(value / other)}`,
    ),
  ];
}

function grid(rows: Row[]): string[] {
  if (rows.length === 0) return [];
  const { name, unit, peers } = rows[0]!;
  const heads = ["avnode", ...Object.keys(peers)];
  const line = (first: string, cells: string[]) =>
    first.padEnd(COLUMN_WIDTH) + cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join("");
  return [
    `${name.slice(0, name.lastIndexOf("/"))} of each, ${unit}: ${heads.map((head, i) => `[${i}] ${head}`).join("; ")}`,
    line(
      "",
      heads.map((_, i) => `[${i}]`),
    ),
    ...rows.map((row) =>
      line(
        row.name.slice(row.name.lastIndexOf("/") + 1),
        [row.value, ...Object.values(row.peers)].map(figure),
      ),
    ),
  ];
}

function figure(value: number): string {
  return value.toFixed(Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2);
}

function ratio(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
