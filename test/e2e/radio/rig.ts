/** What tests of whole paths over the virtual radio wait for and assert. */
import assert from "node:assert/strict";
import { finish, keptOf } from "../../../tools/sim/radio/completeness";
import type { HubProcess } from "../../../tools/sim/radio/hubprocess";
import type { UnitStatus } from "../../../tools/sim/radio/messages";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";

/** Records until this many samples were taken from now on. */
export async function sampled(unit: UnitProcess, samples: number): Promise<void> {
  const from = (await unit.status()).witnessed.samples;
  await until(`${samples} samples`, async () => (await unit.status()).witnessed.samples >= from + samples);
}

/**
 * Stops the unit's recording, waits until the store answered for all of it, and holds what the store has against what
 * the front end was given, bit for bit. @returns how the unit is then
 */
export async function assertComplete(unit: UnitProcess, hub: HubProcess): Promise<UnitStatus> {
  const status = await finish(unit);
  const { info, gaps, samples, problems } = keptOf(unit, status, hub);
  assert.equal(info.state, "closed");
  assert.deepEqual([info.holes, info.dropped, info.flags], [0, 0, []]);
  assert.deepEqual(gaps, []);
  assert.ok(status.witnessed.samples > 0);
  assert.deepEqual(samples, status.witnessed);
  assert.deepEqual(problems, []);
  return status;
}
