import assert from "node:assert/strict";
import { isQuiet } from "../../../../gateway/delivery/alerts/quiet";

const NIGHT = { from: "22:00", to: "07:00" };
const ZONE = "Europe/Berlin";
const MINUTE_MS = 60_000;

/** First and end of the only quiet stretch between two times, as UTC. */
function stretch(from: string, until: string, quiet = NIGHT): string[] {
  const edges: string[] = [];
  let before = isQuiet(quiet, Date.parse(from), ZONE);
  for (let at = Date.parse(from); at <= Date.parse(until); at += MINUTE_MS) {
    const now = isQuiet(quiet, at, ZONE);
    if (now !== before) edges.push(new Date(at).toISOString().slice(0, 16));
    before = now;
  }
  return edges;
}

describe("quiet hours", () => {
  // Berlin is at UTC+2 until 2026-10-25T01:00Z, when 03:00 becomes 02:00, and at UTC+1 until 2027-03-28T01:00Z.
  it("last nine hours on most nights", () => {
    assert.deepEqual(stretch("2026-07-01T12:00Z", "2026-07-02T12:00Z"), [
      "2026-07-01T20:00",
      "2026-07-02T05:00",
    ]);
  });

  it("last ten the night when the clock is put back, and eight when it is put forward", () => {
    assert.deepEqual(stretch("2026-10-24T12:00Z", "2026-10-25T12:00Z"), [
      "2026-10-24T20:00",
      "2026-10-25T06:00",
    ]);
    assert.deepEqual(stretch("2027-03-27T12:00Z", "2027-03-28T12:00Z"), [
      "2027-03-27T21:00",
      "2027-03-28T05:00",
    ]);
  });

  it("are quiet twice in an hour that comes twice", () => {
    assert.deepEqual(stretch("2026-10-24T22:00Z", "2026-10-25T06:00Z", { from: "02:15", to: "02:45" }), [
      "2026-10-25T00:15",
      "2026-10-25T00:45",
      "2026-10-25T01:15",
      "2026-10-25T01:45",
    ]);
  });
});
