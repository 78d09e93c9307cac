import assert from "node:assert/strict";
import { HubHealth } from "../../../gateway/health/health";
import { Metrics } from "../../../gateway/health/metrics";
import { NO_ADAPTERS, type RadioStatus } from "../../../gateway/radio/radio";
import { AccessRig, HOST } from "../access/rig";
import { Rig } from "../store/rig";

/** Reads the text exposition format (version 0.0.4) by its grammar. @returns values by series; @throws on any other line */
function parse(text: string): Map<string, number> {
  assert.ok(text.endsWith("\n"));
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "" || /^# HELP [a-zA-Z_:][\w:]* .+$/.test(line)) continue;
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type) {
      assert.equal(types.has(type[1]!), false, `${type[1]} twice`);
      types.set(type[1]!, type[2]!);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][\w:]*)((?:\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")*\})?) (\S+)$/.exec(
        line,
      );
    assert.ok(sample, line);
    const [, name, labels, value] = sample;
    const family = types.has(name!) ? name! : name!.replace(/_(bucket|sum|count)$/, "");
    assert.ok(types.has(family), `${name} has no type`);
    if (types.get(family) === "counter" && name!.startsWith("avnode_")) assert.match(name!, /_total$/);
    assert.equal(series.has(name! + labels!), false, `${line} twice`);
    series.set(name! + labels!, value === "Nan" ? Number.NaN : Number(value));
  }
  return series;
}

const RADIO: RadioStatus = {
  ...NO_ADAPTERS,
  simulated: false,
  healthy: false,
  adapters: [
    { id: "hci0", state: "on", scanning: true, links: 2, recoveries: 0 },
    { id: "hci1", state: "gone", scanning: false, links: 0, recoveries: 3, advice: "plug it in again" },
  ],
  links: [{ id: "aa:bb", adapter: "hci0", since: 1, notificationBytes: 244 }],
  nearby: [{ address: "c0:ff:ee:00:00:01", name: "Ada's", rssi: -40, heardAt: 1, adapter: "hci0" }],
  connects: 7,
  closes: { lost: 4, silence: 2 },
  linkMs: 90_500,
};

describe("the hub in numbers", () => {
  let rig: Rig;
  let metrics: Metrics;
  let connected = true;
  let radio: RadioStatus | undefined;
  const health = () =>
    new HubHealth({
      hub: {
        store: rig.store,
        radio: radio && { start() {}, async stop() {}, status: () => radio! },
        connected: () => connected,
      },
      dataDir: rig.dataDir,
      version: "1.2.3",
      roles: ["relay", "store"],
      broker: "mqtt://127.0.0.1:1883",
    }).status();
  beforeEach(() => {
    rig = new Rig();
    connected = true;
    radio = undefined;
    metrics = new Metrics({ store: rig.store, status: health });
  });
  afterEach(() => {
    metrics.close();
    rig.end();
  });

  it("counts frames, receipts, refusals and the time that commits take", async () => {
    const handheld = rig.claimed();
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    rig.deliver(handheld, made, [0]);
    const series = parse(await metrics.text());
    assert.equal(series.get("avnode_frames_stored_total"), made.frames.length);
    assert.equal(series.get('avnode_refusals_total{kind="duplicate"}'), 1);
    assert.equal(series.get('avnode_refusals_total{kind="wrong-tag"}'), 0);
    assert.ok(series.get("avnode_receipts_total")! >= 1);
    assert.equal(series.get("avnode_ingest_receipt_seconds_count"), made.frames.length + 1);
    assert.ok(series.get("avnode_store_commit_seconds_count")! >= 1);
    assert.equal(series.get("avnode_handhelds"), 1);
    assert.equal(series.get("avnode_store_writable"), 1);
    assert.equal(series.get("avnode_healthy"), 1);
    assert.equal(series.get('avnode_build_info{version="1.2.3"}'), 1);
    assert.ok(series.get("avnode_disk_free_bytes")! > 0);
    assert.ok(series.has("process_resident_memory_bytes") && series.has("nodejs_eventloop_lag_seconds"));
  });

  it("tells the radio's links by cause of their end, its adapters by state, scrape after scrape alike", async () => {
    radio = RADIO;
    for (let scrape = 0; scrape < 2; scrape++) {
      const series = parse(await metrics.text());
      assert.equal(series.get('avnode_radio_closes_total{cause="lost"}'), 4);
      assert.equal(series.get('avnode_radio_closes_total{cause="connect"}'), 0);
      assert.equal(series.get("avnode_radio_connects_total"), 7);
      assert.equal(series.get("avnode_radio_link_seconds_total"), 90.5);
      assert.equal(series.get('avnode_radio_adapters{state="gone"}'), 1);
      assert.equal(series.get("avnode_radio_links"), 1);
      assert.equal(series.get("avnode_healthy"), 0);
    }
  });

  it("looks at the hub once for a scrape", async () => {
    metrics.close();
    let looks = 0;
    metrics = new Metrics({
      store: rig.store,
      status: () => {
        looks++;
        return health();
      },
    });
    looks = 0;
    assert.ok(parse(await metrics.text()).has("avnode_healthy"));
    assert.equal(looks, 1);
    connected = false;
    assert.equal(parse(await metrics.text()).get("avnode_broker_connected"), 0);
    assert.equal(looks, 2);
  });

  it("leaves the store's out for a relay alone", async () => {
    metrics.close();
    metrics = new Metrics({ status: () => ({ ...health(), store: undefined }) });
    const names = [...parse(await metrics.text()).keys()].filter((name) => name.startsWith("avnode_"));
    assert.ok(names.includes("avnode_broker_connected") && names.includes("avnode_radio_links"));
    for (const name of names)
      assert.doesNotMatch(name, /store|disk|frames|receipt|refusals|backlog|handhelds$/);
  });

  it("leaves the store alone once it is closed", () => {
    metrics.close();
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(1));
    assert.deepEqual(
      ["stored", "receipted", "refused", "committed"].map((name) => rig.store.events.count(name as "stored")),
      [1, 0, 0, 0],
    );
  });

  describe("over HTTP", () => {
    let web: AccessRig;
    beforeEach(async () => {
      web = new AccessRig();
      await web.open({ names: ["hub.local"] }, { status: health, metrics });
    });
    afterEach(() => web.close());

    it("are there for this machine, with a verdict, what is wrong and what to do", async () => {
      assert.deepEqual([(await web.ask("GET", "/health")).statusCode, connected], [200, true]);
      connected = false;
      radio = RADIO;
      const answer = await web.ask("GET", "/health");
      assert.equal(answer.statusCode, 503);
      const { ok, problems } = answer.json();
      assert.equal(ok, false);
      assert.match(problems[0], /broker cannot be reached.*--config/);
      assert.match(problems[1], /hci1: plug it in again/);
      assert.doesNotMatch(answer.body, /Ada|c0:ff:ee|aa:bb/);
      const scraped = await web.ask("GET", "/metrics");
      assert.match(String(scraped.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      assert.equal(parse(scraped.body).get("avnode_broker_connected"), 0);
      assert.doesNotMatch(scraped.body, /Ada|c0:ff:ee|aa:bb/);
    });

    it("tell a radio without an adapter from a simulated one", async () => {
      const told = async (simulated: boolean) => {
        radio = { ...NO_ADAPTERS, simulated };
        const answer = await web.ask("GET", "/health");
        return [answer.statusCode, answer.json().radio, answer.json().problems.length];
      };
      const common = { healthy: true, adapters: [] };
      assert.deepEqual(await told(true), [200, { simulated: true, ...common }, 0]);
      assert.deepEqual(await told(false), [503, { simulated: false, ...common }, 1]);
    });

    for (const url of ["/health", "/metrics"]) {
      it(`refuse ${url} to everybody else, be it through a proxy on this machine`, async () => {
        for (const remoteAddress of ["192.168.1.7", "::ffff:10.0.0.1", "fe80::1"])
          assert.equal((await web.ask("GET", url, { remoteAddress })).statusCode, 403, remoteAddress);
        for (const [name, value] of Object.entries({
          "x-forwarded-for": "192.0.2.1",
          forwarded: "for=192.0.2.1",
          via: "1.1 proxy",
          "x-real-ip": "192.0.2.1",
          host: "hub.local",
          "sec-fetch-site": "cross-site",
        }))
          assert.equal(
            (await web.ask("GET", url, { headers: { host: HOST, [name]: value } })).statusCode,
            403,
            name,
          );
        assert.equal((await web.ask("GET", url, { remoteAddress: "::1" })).statusCode, 200);
      });
    }
  });
});
