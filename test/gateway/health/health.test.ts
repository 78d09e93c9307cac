import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import type { AnalysisStatus, Analyst } from "../../../gateway/findings/analyst";
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

  it("tells of analysis that does not come about or left recordings out, which is no reason for a restart by itself", () => {
    const analysed = (changes: Partial<AnalysisStatus>) => {
      const progress = { running: true, failures: 0, recordings: 0, incomplete: 0, behindSeconds: 0 };
      const analyst = { status: () => ({ ...progress, aside: [], ...changes }) } as unknown as Analyst;
      const options = { dataDir: tmpdir(), version: "1.2.3", roles: ["store" as const], broker: "" };
      const { ok, problems } = new HubHealth({
        hub: { analyst, connected: () => true },
        ...options,
      }).status();
      assert.equal(ok, true);
      return problems.join();
    };
    assert.equal(analysed({}), "");
    assert.equal(analysed({ running: false }), "", "at its start");
    assert.equal(analysed({ failures: 1 }), "");
    assert.match(analysed({ running: false, failures: 1 }), /^nothing new is found.*failed and hangs;.*log/);
    assert.match(analysed({ failures: 2 }), /^nothing new is found.*failed 2 times in a row;/);
    assert.match(analysed({ aside: [{ recording: "00ff", reason: "" }] }), /^findings are missing of a rec/);
  });

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
