import assert from "node:assert/strict";
import { RULES } from "../../../gateway/access/rules";
import type { HubStatus } from "../../../gateway/health/status";
import { ENDPOINTS } from "../../../gateway/schema/endpoints";
import { MarkKind } from "../../../protocol/bodies";
import { Op } from "../../../protocol/command";
import { VIEWER_PASSWORD } from "../access/rig";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

const Ajv = require("ajv/dist/2020").default as new (
  options: object,
) => { compile(schema: object): ((value: unknown) => boolean) & { errors?: unknown } };

const TEXT = "text/plain; version=0.0.4; charset=utf-8";

describe("the API", function () {
  this.timeout(20_000);
  let rig: WebRig;
  let handheld: Handheld;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
  });
  afterEach(() => rig.close());

  describe("lists recordings", () => {
    beforeEach(() => {
      for (let number = 1; number <= 5; number++) {
        const made = handheld.begin({ startMs: 1_700_000_000_000 + number * 1000 });
        handheld.data(made);
        if (number === 3) handheld.mark(made, { kind: MarkKind.symptom, sample: 2, uptimeMs: 9 });
        if (number < 5) handheld.close(made);
        rig.deliver(handheld, made);
      }
    });
    const numbers = async (query: string) => {
      const answer = await rig.ask("GET", `/api/recordings${query}`);
      assert.equal(answer.statusCode, 200, answer.body);
      return answer.json().recordings.map((one: { number: number }) => one.number);
    };

    it("newest first, and no more than asked for, from where the page before ended", async () => {
      assert.deepEqual(await numbers(""), [5, 4, 3, 2, 1]);
      const first = (await rig.ask("GET", "/api/recordings?limit=2")).json();
      assert.deepEqual(await numbers(`?limit=2&after=${first.next}`), [3, 2]);
      const last = (await rig.ask("GET", `/api/recordings?limit=9&after=${first.next}`)).json();
      assert.equal(last.next, undefined);
    });

    it("by state, mark, handheld and start", async () => {
      assert.deepEqual(await numbers("?state=recording"), [5]);
      assert.deepEqual(await numbers("?marked=true"), [3]);
      assert.deepEqual(await numbers(`?device=${handheld.hex}&state=closed`), [4, 3, 2, 1]);
      assert.deepEqual(await numbers("?device=0000000000000000"), []);
      assert.deepEqual(await numbers("?since=1700000002000&until=1700000004000"), [3, 2]);
      assert.deepEqual(await numbers("?person=Nobody"), []);
    });

    const wrong = [
      "limit=0",
      "limit=201",
      "limit=1.5",
      "limit=-1",
      "limit=1&limit=2",
      "since=now",
      "state=x",
      "a=1",
    ];
    for (const query of wrong)
      it(`not by ${query}`, async () => {
        const answer = await rig.ask("GET", `/api/recordings?${query}`);
        assert.deepEqual([answer.statusCode, answer.json().code], [400, "ACCESS_REQUEST"]);
      });
  });

  it("tells of one recording what is needed to draw it, and none of its keys and chains", async () => {
    rig.deliver(handheld, handheld.record(3));
    const id = rig.idOf(handheld, 1);
    const answer = await rig.ask("GET", `/api/recordings/${id.slice(0, 6)}`);
    const { form, ...rest } = answer.json();
    assert.deepEqual(form, {
      ...{ rateNum: 256, rateDen: 1, bits: 16, frontEnd: "hand-made", mode: "strip" },
      leads: [{ name: "I", unit: "mV", gain: 200, baseline: 0 }],
    });
    assert.equal(rest.id, id);
    assert.deepEqual([rest.samples, rest.state, rest.trust], [24, "closed", "set-by-hub"]);
    assert.equal(rest.startMs, 1_700_000_000_000);
    assert.doesNotMatch(answer.body, /previous|chain|nominal|"open"/);
  });

  it("refuses what is not there, is ambiguous or was erased, each with its own status", async () => {
    rig.deliver(handheld, handheld.record(3));
    const id = rig.idOf(handheld, 1);
    const get = async (url: string) => {
      const answer = await rig.ask("GET", url);
      return [answer.statusCode, answer.json().code];
    };
    assert.deepEqual(await get("/api/recordings/0123456789abcdef"), [404, "STORE_NOT_FOUND"]);
    assert.deepEqual(await get("/api/recordings/%2e%2e%2fkeyring.json"), [404, "STORE_NOT_FOUND"]);
    rig.store.forget(id);
    const erased = (await rig.ask("GET", `/api/recordings/${id}`)).json();
    assert.equal(erased.erasedAt, rig.time.now);
    assert.equal(erased.form, undefined);
  });

  it("tells where the log has a recording, and that its handheld did not sign it", async () => {
    rig.deliver(handheld, handheld.record(3));
    const { logged, signature } = (
      await rig.ask("GET", `/api/recordings/${rig.idOf(handheld, 1)}/proof`)
    ).json();
    assert.equal(signature, "sealed");
    const newest = rig.store.reader.log.newest()!;
    assert.deepEqual([logged.log, logged.size, logged.at], [newest.log, newest.size, newest.at]);
    assert.equal(logged.origin, rig.store.reader.log.logs()[0]!.origin);
  });

  it("verifies a recording on a thread of its own, and says when it was altered", async function () {
    // Each thread compiles the store's sources anew.
    this.timeout(120_000);
    rig.deliver(handheld, handheld.record(3));
    const id = rig.idOf(handheld, 1);
    const good = (await rig.ask("POST", `/api/recordings/${id}/verify`)).json();
    assert.deepEqual([good.ok, good.verdict, good.frames], [true, "authentic", 5]);
    rig.sql("UPDATE frames SET frame = zeroblob(length(frame)) WHERE sequence = 2");
    const both = await Promise.all([1, 2].map(() => rig.ask("POST", `/api/recordings/${id}/verify`)));
    for (const answer of both) {
      assert.deepEqual([answer.json().ok, answer.json().verdict], [false, "altered"]);
      assert.ok(answer.json().problems.length > 0);
    }
  });

  describe("of handhelds", () => {
    const device = async () => (await rig.ask("GET", "/api/devices")).json().devices[0];

    it("tells what they said last, and not their name on the air", async () => {
      rig.send(handheld, handheld.status({ state: 2, backlog: 7, batteryMillivolts: 3701 }));
      rig.time.tick(50);
      const answer = await rig.ask("GET", "/api/devices");
      const [one] = answer.json().devices;
      assert.deepEqual([one.id, one.class, one.recordings], [handheld.hex, "simulated", 0]);
      assert.deepEqual(
        [one.status.state, one.status.backlog, one.status.batteryMillivolts],
        ["recording", 7, 3701],
      );
      assert.equal(answer.body.includes(Buffer.from(handheld.alias).toString("hex")), false);
    });

    it("names them, and refuses a name that would draw over others", async () => {
      const put = (name: string) => rig.ask("PUT", `/api/devices/${handheld.hex}/name`, { name });
      assert.equal((await put("Kitchen")).statusCode, 200);
      assert.equal((await device()).name, "Kitchen");
      // The store's own copy of the row does not take it back.
      rig.deliver(handheld, handheld.record(1));
      assert.equal((await device()).name, "Kitchen");
      assert.deepEqual((await put("\u202eevil")).json().code, "DEVICE_NAME");
      assert.equal(
        (await rig.ask("PUT", "/api/devices/0000000000000000/name", { name: "x" })).statusCode,
        404,
      );
      assert.equal((await put("")).statusCode, 200);
      assert.equal((await device()).name, undefined);
    });

    it("starts and stops them, as it says once they have done it", async () => {
      const post = (what: string, body?: object) =>
        rig.ask("POST", `/api/devices/${handheld.hex}/${what}`, body);
      handheld.commands.length = 0;
      const started = await post("start", { mode: "fixed", seconds: 60 });
      assert.equal(started.statusCode, 202, started.body);
      assert.equal((await post("mark")).statusCode, 202);
      assert.equal((await post("stop")).statusCode, 202);
      rig.time.tick(10);
      assert.deepEqual(handheld.commands, [
        { op: Op.start, mode: 2, seconds: 60 },
        { op: Op.mark },
        { op: Op.stop },
      ]);
      rig.send(handheld, handheld.status({ lastCommand: started.json().command }));
      rig.time.tick(50);
      assert.equal((await device()).status.lastCommand, started.json().command);
      for (const body of [{}, { mode: "ever" }, { mode: "strip", seconds: -1 }, { mode: "strip", op: 9 }])
        assert.equal((await post("start", body)).statusCode, 400);
    });

    it("says that one is away", async () => {
      const away = await rig.ask("POST", "/api/devices/0000000000000000/stop");
      assert.deepEqual([away.statusCode, away.json().code], [409, "STORE_NO_SESSION"]);
    });

    it("lets a viewer look, and tell them nothing", async () => {
      const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
      assert.equal((await rig.ask("GET", "/api/devices", undefined, {}, viewer)).statusCode, 200);
      for (const [method, what, body] of [
        ["POST", "start", { mode: "strip" }],
        ["POST", "stop", undefined],
        ["POST", "mark", undefined],
        ["PUT", "name", { name: "mine" }],
      ] as const) {
        const url = `/api/devices/${handheld.hex}/${what}`;
        const answer = await rig.ask(method, url, body, {}, viewer);
        assert.deepEqual([answer.statusCode, answer.json().code], [403, "ACCESS_ROLE"], what);
      }
      assert.deepEqual(
        handheld.commands.filter(({ op }) => op !== Op.time),
        [],
      );
    });
  });

  it("tells where a handheld is connected, from the running hub", async () => {
    await rig.app.close();
    const alias = Buffer.from(handheld.alias).toString("hex");
    const status = {
      ...{ version: "9.9.9", problems: ["no adapter"], said: [{ code: "no-adapter" }] },
      presences: [{ alias, links: ["a", "b"], since: 5 }],
      radio: {
        links: [
          { id: "a", rssi: -70 },
          { id: "b", rssi: -60 },
          { id: "c", rssi: -10 },
        ],
      },
    } as unknown as HubStatus;
    await rig.serve({ status: () => status, metrics: { text: async () => "", contentType: TEXT } });
    const [one] = (await rig.ask("GET", "/api/devices")).json().devices;
    assert.deepEqual(one.connection, { since: 5, rssi: -60 });
    const hub = (await rig.ask("GET", "/api/status")).json();
    assert.deepEqual([hub.kind, hub.version, hub.problems], ["demo", "9.9.9", ["no adapter"]]);
    assert.deepEqual(hub.said, [{ code: "no-adapter" }]);
  });

  describe("as an OpenAPI document", () => {
    it("has every route that a caller is named for, but for those of monitoring and the page itself", async () => {
      const { paths } = (await rig.ask("GET", "/api/openapi.json")).json();
      const told = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map(
          (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
        ),
      );
      const page = ["GET /", "GET /link", "GET /assets/:name", "GET /manifest.webmanifest", "GET /sw.js"];
      const others = ["GET /health", "GET /metrics", "GET /verify.html", ...page];
      assert.deepEqual(
        told.sort(),
        Object.keys(RULES)
          .filter((rule) => !others.includes(rule))
          .sort(),
      );
      assert.equal(told.length, ENDPOINTS.length);
    });

    it("describes what is answered, as a validator of JSON Schema reads it", async () => {
      rig.deliver(handheld, handheld.record(3));
      const id = rig.idOf(handheld, 1);
      const { paths, components } = (await rig.ask("GET", "/api/openapi.json")).json();
      const ajv = new Ajv({ strict: false, validateFormats: false });
      const check = (schema: object, value: unknown, of: string) => {
        const validate = ajv.compile(schema);
        assert.ok(validate(value), `${of}: ${JSON.stringify(validate.errors)}`);
      };
      const json = "application/json";
      for (const [path, url] of [
        ["/api/session", "/api/session"],
        ["/api/status", "/api/status"],
        ["/api/devices", "/api/devices"],
        ["/api/links", "/api/links"],
        ["/api/alerts", "/api/alerts"],
        ["/api/recordings", "/api/recordings"],
        ["/api/recordings/{id}", `/api/recordings/${id}`],
        ["/api/recordings/{id}/proof", `/api/recordings/${id}/proof`],
      ] as const) {
        const schema = paths[path].get.responses[200].content[json].schema;
        check(schema, (await rig.ask("GET", url)).json(), path);
        assert.equal(ajv.compile(schema)({ nonsense: 1 }), false, path);
      }
      check(components.schemas.Problem, (await rig.ask("GET", "/api/recordings/0000")).json(), "Problem");
      assert.deepEqual(paths["/api/recordings/{id}"].get.parameters[0].in, "path");
      assert.deepEqual(paths["/api/devices/{id}/start"].post["x-roles"], ["owner"]);
    });
  });
});
