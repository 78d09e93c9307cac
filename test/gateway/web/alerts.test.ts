import assert from "node:assert/strict";
import { openAccess } from "../../../gateway/access/database";
import { Egress } from "../../../gateway/access/egress";
import { systemClock } from "../../../gateway/clock";
import { AlertBook } from "../../../gateway/delivery/alerts/book";
import { emptyPile } from "../../../gateway/delivery/alerts/pile";
import { VIEWER_PASSWORD } from "../access/rig";
import { SmtpServer } from "../delivery/smtpserver";
import { WebRig } from "./rig";

const SECRET = "geheim-4711";
const NTFY = { kind: "ntfy", url: `http://127.0.0.1:9/${SECRET}`, token: SECRET };
const QUIET = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" };
const TIMES = { quiet: QUIET, gatherMinutes: 10, silentHours: 48 };

describe("alerts by the API", () => {
  let rig: WebRig;
  let isWell: boolean;
  beforeEach(async () => {
    rig = new WebRig();
    isWell = true;
    rig.watcher = {
      watched: { pingedAt: 7 },
      ping: async () => {
        if (!isWell) throw new Error("the hub is not well");
      },
    };
    await rig.serve();
  });
  afterEach(() => rig.close());

  const add = (way: object = NTFY, tells = ["hub"]) => rig.ask("POST", "/api/alerts/ways", { way, tells });
  const state = async () => (await rig.ask("GET", "/api/alerts")).json();

  it("takes secrets and tells none, and the ledger says what somebody is told of", async () => {
    const added = await add(NTFY, ["hub", "finding"]);
    assert.equal(added.statusCode, 201, added.body);
    const watched = await rig.ask("PUT", "/api/alerts/watcher", { url: `http://[::1]:9/${SECRET}` });
    const listed = await rig.ask("GET", "/api/alerts");
    assert.deepEqual(listed.json().ways, [
      { id: 1, kind: "ntfy", address: "127.0.0.1:9", tells: ["hub", "finding"] },
    ]);
    assert.deepEqual(listed.json().watcher, { host: "[::1]:9", pingedAt: 7 });
    for (const { body } of [added, watched, listed]) assert.ok(!body.includes(SECRET), body);
    const db = openAccess(rig.dataDir);
    const entries = new Egress(db, systemClock).list(2);
    db.close();
    assert.deepEqual(
      entries.map(({ kind, address, detail }) => [kind, address, detail]),
      [
        ["consent", "[::1]:9", "pinged while all is well"],
        ["consent", "127.0.0.1:9", "alerts: hub, finding"],
      ],
    );
  });

  it("changes what somebody is told of, and when, and takes him off", async () => {
    await add();
    await rig.ask("PUT", "/api/alerts/ways/1/tells", { tells: ["handheld"] });
    assert.deepEqual((await rig.ask("PUT", "/api/alerts/times", TIMES)).json().times, TIMES);
    assert.deepEqual((await state()).ways[0].tells, ["handheld"]);
    assert.equal((await rig.ask("DELETE", "/api/alerts/ways/1")).statusCode, 200);
    assert.deepEqual((await state()).ways, []);
    const gone = await rig.ask("POST", "/api/alerts/ways/1/test");
    assert.deepEqual([gone.statusCode, gone.json().code], [404, "ALERT_WAY"]);
    await add();
    assert.equal((await state()).ways[0].id, 2, "never an id that was used");
  });

  it("tells what waits and why, and what was accepted", async () => {
    await add();
    const book = AlertBook.open(rig.dataDir, true, () => {});
    const said = { code: "limit" as const, values: { what: "disk", level: "full", permille: 1000 } };
    const lines = { disk: { text: "the disk is full", said, topic: "hub" as const } };
    // As a hub kept them before it had codes.
    const told = [{ at: 5, lines: ["no adapter"] }];
    book.keep([
      { ...emptyPile(1), lines, at: 9, reason: "127.0.0.1:9: ECONNREFUSED", told },
      { ...emptyPile(7), told },
    ]);
    book.close();
    assert.deepEqual((await state()).messages, [
      {
        ...{ way: 1, state: "waiting", at: 9, lines: ["the disk is full"], said: [said] },
        reason: "127.0.0.1:9: ECONNREFUSED",
      },
      { way: 1, state: "accepted", at: 5, lines: ["no adapter"] },
    ]);
  });

  it("says of a test whether it was accepted, and why not", async () => {
    const smtp = await SmtpServer.start();
    try {
      const mail = { kind: "mail", to: "ada@home.example", from: "hub@home.example", security: "plain" };
      await add({ ...mail, host: "127.0.0.1", port: smtp.port });
      const test = async () => (await rig.ask("POST", "/api/alerts/ways/1/test")).json();
      assert.deepEqual(await test(), { accepted: true });
      assert.match(smtp.mails[0]!.data, /^Subject: DEMO: Test of an ECG hub\r$/m);
      smtp.misbehaviour = "refuse";
      const { accepted, reason } = await test();
      assert.equal(accepted, false);
      assert.match(reason, /550 5\.1\.1 nobody of that name/);
    } finally {
      await smtp.stop();
    }
    const ping = async () => (await rig.ask("POST", "/api/alerts/watcher/test")).json();
    assert.deepEqual(await ping(), { accepted: true });
    isWell = false;
    assert.deepEqual(await ping(), { accepted: false, reason: "the hub is not well" });
  });

  for (const [what, way] of [
    ["a place of a demo elsewhere", { kind: "ntfy", url: "https://ntfy.example/x" }],
    ["a server of a demo elsewhere", { ...NTFY, url: "http://192.168.1.2/x" }],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { statusCode, body } = await add(way);
      assert.deepEqual([statusCode, JSON.parse(body).code], [409, "OUTBOX_DEMO"]);
    });

  it("refuses a URL that is none, a token of two lines, hours that are none, and a ninth way", async () => {
    for (const way of [
      { ...NTFY, url: "ftp://a.example/x" },
      { ...NTFY, url: "https://ada:geheim@a.example/x" },
      { ...NTFY, token: "a\r\nb" },
      { kind: "sms" },
    ])
      assert.equal((await add(way)).statusCode, 400, JSON.stringify(way));
    for (const quiet of [
      { ...QUIET, from: "25:00" },
      { ...QUIET, timeZone: "Mars/Olympus" },
    ])
      assert.equal((await rig.ask("PUT", "/api/alerts/times", { ...TIMES, quiet })).statusCode, 400);
    for (let n = 0; n < 8; n++) assert.equal((await add()).statusCode, 201);
    assert.equal((await add()).json().code, "ALERT_MANY");
  });

  it("is the owner's alone", async () => {
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    assert.equal((await rig.ask("GET", "/api/alerts", undefined, {}, viewer)).statusCode, 403);
    assert.equal(
      (await rig.ask("POST", "/api/alerts/ways", { way: NTFY, tells: [] }, {}, viewer)).statusCode,
      403,
    );
  });
});
