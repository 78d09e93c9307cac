import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { unclaimedNearby } from "../../../gateway/claim/nearby";
import { chooseNearby } from "../../../gateway/cli/nearby";
import { Terminal } from "../../../gateway/cli/terminal";
import type { HubStatus } from "../../../gateway/health/status";
import { type AdapterStatus, type NearbyStatus, NO_ADAPTERS } from "../../../gateway/radio/radio";

const ADAPTER: AdapterStatus = { id: "hci0", state: "on", scanning: true, links: 0, recoveries: 0 };

function hub(nearby: NearbyStatus[], adapters = [ADAPTER]): HubStatus {
  return {
    pid: 1,
    version: "0",
    roles: ["relay"],
    startedAt: 0,
    ok: true,
    problems: [],
    broker: { address: "memory", connected: true },
    radio: { ...NO_ADAPTERS, simulated: false, adapters, nearby },
    limits: [],
    presences: [],
  };
}

const seen = (address: string, rssi: number, more: Partial<NearbyStatus> = {}): NearbyStatus => ({
  address,
  name: "avnode",
  rssi,
  heardAt: Date.now(),
  adapter: "hci0",
  ...more,
});

describe("avnode claim --nearby", () => {
  async function chosen(typed: string, status: HubStatus | undefined, isTTY = false) {
    const stdin = Object.assign(new PassThrough(), { isTTY });
    let said = "";
    const write = (text: string) => {
      said += text;
    };
    const stderr = { isTTY, write };
    const terminal = new Terminal(
      {} as NodeJS.WriteStream,
      stderr as unknown as NodeJS.WriteStream,
      {},
      stdin as unknown as NodeJS.ReadStream,
    );
    if (isTTY) setTimeout(() => stdin.write("\n"), 50);
    else stdin.end(typed);
    await chooseNearby("/nowhere", terminal, async () => status);
    return said;
  }

  it("lists those without an owner, the strongest first, once each, and says which button to hold", async () => {
    const status = hub([
      seen("aa:aa", -80),
      seen("bb:bb", -50, { name: "av\x1b[2Jnode" }),
      seen("cc:cc", -40, { name: undefined }),
      seen("aa:aa", -70, { adapter: "hci1" }),
      seen("dd:dd", -30, { heardAt: Date.now() - 60_000 }),
    ]);
    assert.deepEqual(
      unclaimedNearby(status, Date.now()).map(({ address, rssi }) => [address, rssi]),
      [
        ["bb:bb", -50],
        ["aa:aa", -70],
      ],
    );
    const said = await chosen("", status);
    assert.match(said, /1 +av\?\[2Jnode +bb:bb +-50 dBm +very near/);
    assert.match(said, /hold its button for three seconds: it blinks/);
    assert.doesNotMatch(said, /cc:cc|dd:dd/);
  });

  it("says what to do without an adapter, and where none is heard", async () => {
    await assert.rejects(chosen("", hub([], [])), /the hub has no Bluetooth adapter/);
    await assert.rejects(chosen("", undefined), /the hub has no Bluetooth adapter/);
    await assert.rejects(chosen("", hub([])), /no handheld without an owner is near the hub: switch it on/);
  });

  it("draws the list anew on a terminal until Enter", async () => {
    await assert.rejects(chosen("", hub([]), true), /no handheld without an owner is near/);
  });
});
