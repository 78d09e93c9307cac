import assert from "node:assert/strict";
import { type LookoutParts, lookOut } from "../../../../gateway/delivery/alerts/lookout";
import type { Wrong } from "../../../../gateway/delivery/alerts/pile";
import type { AnalysisStatus, Analyst } from "../../../../gateway/findings/analyst";
import { HubHealth } from "../../../../gateway/health/health";
import type { Level, LimitName } from "../../../../gateway/health/limits";
import { NO_ADAPTERS, type RadioStatus } from "../../../../gateway/radio/radio";
import { Rig } from "../../store/rig";

const HOUR_MS = 3600_000;
const NOW = Date.parse("2026-06-01T12:00Z");
const DEVICE = "ab".repeat(8);

const parts = (changes: Partial<LookoutParts> = {}): LookoutParts => ({
  status: () => ({ problems: [], limits: [] }),
  reader: { devices: () => [], findings: { listed: () => [] }, altered: () => [] },
  outbox: { list: () => [] },
  copies: () => [],
  ...changes,
});
const seen = (changes?: Partial<LookoutParts>) => [...lookOut(parts(changes), NOW, 24).values()];
const limited = (what: LimitName, level: Level, permille: number) => ({
  problems: [],
  limits: [
    {
      what,
      level,
      permille,
      at: NOW,
      since: NOW,
      advice: "do this",
      ...(what === "ring" && { device: DEVICE }),
    },
  ],
});

describe("what the family is told of", () => {
  it("is nothing while all is well", () => {
    assert.deepEqual(seen(), []);
  });

  it("is a possible AF of the last day, which is no emergency", () => {
    const listed = () => [
      { id: 7, kind: "af" as const, toMs: NOW - HOUR_MS },
      { id: 8, kind: "af" as const, toMs: NOW - 30 * HOUR_MS },
    ];
    const [one, ...rest] = seen({ reader: { ...parts().reader, findings: { listed } } });
    assert.match(one!.text, /^possible AF in a recording: show a clinician/);
    assert.deepEqual([one!.topic, one!.urgent, rest], ["finding", undefined, []]);
  });

  for (const [what, level, permille, urgent, topic] of [
    ["ring", "near", 812, false, "handheld"],
    ["ring", "full", 1000, true, "handheld"],
    ["disk", "near", 850, false, "hub"],
    ["disk", "full", 1000, true, "hub"],
    ["outbox", "near", 800, false, "hub"],
    ["outbox", "full", 1000, false, "hub"],
  ] as const)
    it(`is a ${what} that is ${level}, ${urgent ? "in quiet hours, too" : "outside quiet hours"}`, () => {
      const [one] = seen({ status: () => limited(what, level, permille) });
      assert.match(one!.text, new RegExp(` is ${Math.floor(permille / 10)} % full: do this$`));
      assert.deepEqual([one!.urgent, one!.topic], [urgent, topic]);
      const name = what === "ring" ? { name: "abababab" } : {};
      assert.deepEqual(one!.said, { code: "limit", values: { what, level, permille, ...name } });
    });

  it("is a handheld that its maker revoked", () => {
    const devices = () => [{ id: DEVICE, name: "Anna's", revoked: { since: 1, reason: "stolen" } }];
    const [one, ...rest] = seen({ reader: { ...parts().reader, devices } });
    assert.match(one!.text, /^the maker of handheld Anna's has revoked it: do not use it/);
    assert.deepEqual([one!.topic, rest], ["handheld", []]);
    assert.deepEqual(one!.said, { code: "revoked", values: { name: "Anna's" } });
  });

  it("is no limit that is fine, or of which nothing is known", () => {
    for (const level of ["ok", "unknown"] as const)
      assert.deepEqual(seen({ status: () => limited("ring", level, 100) }), []);
  });

  it("is one limit at both levels, which becomes urgent", () => {
    const keys = (["near", "full"] as const).map((level) =>
      [...lookOut(parts({ status: () => limited("ring", level, 900) }), NOW, 24).keys()].join(),
    );
    assert.equal(keys[0], keys[1]);
  });

  it("is a handheld that was not heard of, by its name where it has one", () => {
    const device = { id: DEVICE, name: undefined };
    const devices = () => [
      { ...device, lastContact: NOW - 25 * HOUR_MS },
      { ...device, id: "cd", name: "kitchen", lastContact: NOW - 26 * HOUR_MS },
      { ...device, id: "ef", lastContact: NOW - 23 * HOUR_MS },
    ];
    assert.deepEqual(
      seen({ reader: { ...parts().reader, devices } }).map(({ text }) => text.split(":")[0]),
      ["abababab", "kitchen"].map((name) => `nothing was heard of handheld ${name} for 24 hours`),
    );
  });

  it("is a delivery that did not get there, a backup too old, and a recording that was altered", () => {
    const [altered, backup, delivery, ...rest] = seen({
      reader: { ...parts().reader, altered: () => ["r1"] },
      copies: () => [
        { place: "/stick", kind: "backup", ok: true, late: true },
        { place: "/nas", kind: "backup", ok: true, late: false },
      ],
      outbox: {
        list: () => [
          { id: 1, state: "failed", since: NOW - HOUR_MS },
          { id: 2, state: "accepted", since: NOW - HOUR_MS },
          { id: 3, state: "bounced", since: NOW - 30 * HOUR_MS },
        ],
      },
    });
    assert.deepEqual(
      [altered, backup, delivery].map((one) => one!.said),
      [
        { code: "altered", values: { id: "r1" } },
        { code: "copy", values: { place: "/stick" } },
        { code: "delivery" },
      ],
    );
    assert.match(altered!.text, /^recording r1 was altered/);
    assert.match(backup!.text, /^the backup \/stick is too old or failed/);
    assert.match(delivery!.text, /^a report did not get to whom it was sent/);
    assert.deepEqual(rest, []);
  });
});

describe("what a hub's health says, told to the family", () => {
  const FORBIDDEN = {
    id: "hci1",
    state: "no-permission",
    scanning: false,
    links: 0,
    recoveries: 0,
    advice: "run: x",
  };
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  const problem = (changes: {
    radio?: Partial<RadioStatus>;
    analysis?: Partial<AnalysisStatus>;
    connected?: boolean;
  }) => {
    const { radio, analysis, connected = true } = changes;
    const health = new HubHealth({
      hub: {
        store: rig.store,
        radio: radio && {
          start() {},
          async stop() {},
          status: () => ({ ...NO_ADAPTERS, simulated: false, ...radio }),
        },
        analyst:
          analysis &&
          ({
            status: () => ({
              running: true,
              failures: 0,
              recordings: 0,
              incomplete: 0,
              behindSeconds: 0,
              aside: [],
              ...analysis,
            }),
          } as unknown as Analyst),
        connected: () => connected,
      },
      dataDir: rig.dataDir,
      ...{ version: "1.2.3", roles: ["store", "relay"], broker: "" },
    });
    const found = lookOut(parts({ status: () => health.status() }), NOW, 24);
    assert.equal(found.size, 1);
    const [[key, { text, said, urgent, topic }]] = [...found] as [[string, Wrong]];
    assert.equal(topic, "hub");
    return { key, text, said, urgent };
  };

  it("is each problem that there is", () => {
    const broken = { ...FORBIDDEN, advice: undefined };
    const cases: [RegExp, string | undefined, Parameters<typeof problem>[0]][] = [
      [/^the broker cannot be reached/, "broker", { connected: false }],
      [/^no Bluetooth adapter is here/, "no-adapter", { radio: {} }],
      [/^adapter hci1: run: x/, undefined, { radio: { adapters: [FORBIDDEN] as never } }],
      [
        ...([/^no Bluetooth adapter works/, "adapters-off"] as const),
        { radio: { adapters: [broken] as never, healthy: false } },
      ],
      [/^nothing new is found/, "analysis", { analysis: { failures: 2 } }],
      [/^findings are missing/, "aside", { analysis: { aside: [{ recording: "00ff", reason: "" }] } }],
    ];
    for (const [words, code, changes] of cases) {
      const { text, said, urgent } = problem(changes);
      assert.match(text, words);
      assert.equal(said?.code, code, text);
      assert.equal(urgent, false, text);
    }
  });

  it("is urgent where the store cannot be written", () => {
    Object.assign(rig.store.health, { ok: false, reason: "SQLITE_IOERR" });
    const { text, said, urgent } = problem({});
    assert.match(text, /^the store cannot be written \(SQLITE_IOERR\)/);
    assert.deepEqual(said, { code: "store", values: { reason: "SQLITE_IOERR" } });
    assert.equal(urgent, true);
  });

  it("is one problem however often it happened", () => {
    const keys = [2, 3].map((failures) => problem({ analysis: { failures } }).key);
    assert.equal(keys[0], keys[1]);
  });

  it("finds a recording whose row was edited, with the store's own reader", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    assert.deepEqual(rig.store.reader.altered(), []);
    rig.sql("UPDATE recordings SET samples = samples + 1");
    assert.deepEqual(
      rig.store.reader.altered(),
      rig.store.reader.recordings().map(({ id }) => id),
    );
  });
});
