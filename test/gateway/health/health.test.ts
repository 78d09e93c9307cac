import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { HubHealth } from "../../../gateway/health/health";
import { type AdapterStatus, NO_ADAPTERS, type RadioStatus } from "../../../gateway/radio/radio";

const WORKING: AdapterStatus = { id: "hci0", state: "on", scanning: true, links: 1, recoveries: 0 };
const FORBIDDEN: AdapterStatus = {
  id: "hci1",
  state: "no-permission",
  scanning: false,
  links: 0,
  recoveries: 0,
  advice: "run: sudo setcap",
};

describe("a hub's health", () => {
  const statusWith = (radio: Partial<RadioStatus>) =>
    new HubHealth({
      hub: {
        radio: {
          start() {},
          async stop() {},
          status: () => ({ ...NO_ADAPTERS, simulated: false, ...radio }),
        },
        connected: () => true,
      },
      dataDir: tmpdir(),
      version: "1.2.3",
      roles: ["relay"],
      broker: "mqtt://127.0.0.1:1883",
    }).status();

  it("says what stands in an adapter's way although the radio needs no restart", () => {
    const { ok, problems } = statusWith({ adapters: [FORBIDDEN] });
    assert.deepEqual([ok, problems], [false, ["adapter hci1: run: sudo setcap"]]);
  });

  it("is good with one adapter that works, and tells of the others all the same", () => {
    const { ok, problems } = statusWith({ adapters: [WORKING, { ...FORBIDDEN, state: "off" }] });
    assert.deepEqual([ok, problems], [true, ["adapter hci1: run: sudo setcap"]]);
  });

  it("takes a word about an adapter that works for a problem only once it had to be brought back", () => {
    const shared = { ...WORKING, advice: "bluetoothd uses hci0 too" };
    assert.deepEqual(statusWith({ adapters: [shared] }).problems, []);
    const problems = ["adapter hci0: bluetoothd uses hci0 too"];
    assert.deepEqual(statusWith({ adapters: [{ ...shared, recoveries: 4 }] }).problems, problems);
  });

  it("asks nothing of a simulated radio, of a real one that it has an adapter", () => {
    const simulated = statusWith(NO_ADAPTERS);
    assert.deepEqual([simulated.ok, simulated.problems], [true, []]);
    const { ok, problems } = statusWith({});
    assert.equal(ok, false);
    assert.match(problems.join(), /^no Bluetooth adapter is here: plug one in.*radio\.enabled: false/);
  });

  it("asks for a restart where no adapter works any more", () => {
    const lost = statusWith({ healthy: false, adapters: [{ ...WORKING, state: "gone" }] });
    assert.equal(lost.ok, false);
    assert.match(lost.problems[0]!, /no Bluetooth adapter works.*restart the hub/);
  });
});
