import assert from "node:assert/strict";
import { join } from "node:path";
import { SetupCode } from "../../../gateway/access/setupcode";
import { backupKey, decodeRecoveryCode } from "../../../gateway/backup/code";
import { readKeys } from "../../../gateway/backup/keyfile";
import { runBackup } from "../../../gateway/backup/run";
import { reachable } from "../../../gateway/web/reachable";
import type { WebPlace } from "../../../gateway/web/server";
import { cookiesOf, HOST, ORIGIN, PASSWORD, VIEWER_PASSWORD } from "../access/rig";
import { WebRig } from "./rig";

const LAN: WebPlace = { host: "0.0.0.0" };

describe("the first run", function () {
  // The thread that makes a recovery code compiles its sources anew.
  this.timeout(60_000);
  let rig: WebRig;
  let code: SetupCode;
  beforeEach(async () => {
    rig = new WebRig({ kind: "home" });
    code = new SetupCode();
    await rig.serveNew(code, LAN);
  });
  afterEach(() => rig.close());

  const post = (payload: object) =>
    rig.app.inject({
      method: "POST",
      url: "/api/setup/password",
      headers: { host: HOST, origin: ORIGIN },
      payload,
    });
  const begin = async () => {
    const answer = await post({ code: code.text, password: PASSWORD });
    assert.equal(answer.statusCode, 200, answer.body);
    rig.owner = { cookie: cookiesOf(answer), csrf: answer.json().csrf };
  };
  const steps = async () => (await rig.ask("GET", "/api/setup/steps")).json();
  const settle = async (step: string, state: string) =>
    (await rig.ask("PUT", `/api/setup/steps/${step}`, { state })).statusCode;
  /** The hub's page is killed: what it knew is gone. */
  const kill = async () => {
    code = new SetupCode();
    await rig.serveNew(code, LAN);
  };

  it("takes the first password for the code that was printed, and logs its owner in", async () => {
    assert.equal(
      (await rig.app.inject({ url: "/api/setup/steps", headers: { host: HOST } })).statusCode,
      403,
    );
    await begin();
    const { next } = await steps();
    assert.equal(next, "claim");
    assert.deepEqual((await rig.ask("GET", "/api/setup")).json(), {
      password: true,
      open: false,
      demo: false,
    });
    const again = await post({ code: code.text, password: "another password" });
    assert.deepEqual([again.statusCode, again.json().code], [409, "ACCESS_PASSWORD_SET"]);
    assert.equal((await rig.login(PASSWORD, "owner")).csrf.length, 43);
  });

  it("takes it in whatever case and grouping it is typed, and no code of another start", async () => {
    const typed = ` ${code.text.toLowerCase().replace("-", " ")} `;
    assert.ok(code.matches(typed));
    const other = new SetupCode().text;
    for (const wrong of [other, code.text.slice(1), `${code.text}0`]) {
      const answer = await post({ code: wrong, password: PASSWORD });
      assert.deepEqual([answer.statusCode, answer.json().code], [401, "ACCESS_SETUP_CODE"], wrong);
    }
    // As with passwords: whoever guesses waits.
    const slowed = await post({ code: code.text, password: PASSWORD });
    assert.deepEqual([slowed.statusCode, slowed.json().code], [429, "ACCESS_SLOWED"]);
    rig.time.tick(60_000);
    await begin();
  });

  it("guesses the password no faster for whoever knows the code", async () => {
    assert.equal((await post({ code: code.text, password: PASSWORD })).statusCode, 200);
    const statuses: number[] = [];
    for (let guess = 0; guess < 6; guess++) {
      const payload = { password: "guess" };
      const headers = { host: HOST, origin: ORIGIN };
      const answer = await rig.app.inject({ method: "POST", url: "/api/login", headers, payload });
      statuses.push(answer.statusCode);
      assert.equal((await post({ code: code.text, password: "another password" })).statusCode, 409);
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429, 429]);
  });

  it("lets one of two win who set it at one time", async () => {
    const both = await Promise.all(
      [1, 2].map((n) => post({ code: code.text, password: `${PASSWORD} ${n}` })),
    );
    assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [200, 409]);
    const won = both.findIndex(({ statusCode }) => statusCode === 200);
    assert.equal((await rig.login(`${PASSWORD} ${won + 1}`, "owner")).csrf.length, 43);
    await assert.rejects(rig.login(`${PASSWORD} ${2 - won}`, "owner"));
  });

  it("refuses a short password, another site's post and one without an origin", async () => {
    const short = await post({ code: code.text, password: "short" });
    assert.deepEqual([short.statusCode, short.json().code], [400, "ACCESS_PASSWORD"]);
    for (const headers of [{ host: HOST }, { host: HOST, origin: "http://evil.example" }]) {
      const answer = await rig.app.inject({
        ...{ method: "POST", url: "/api/setup/password", headers },
        payload: { code: code.text, password: PASSWORD },
      });
      assert.deepEqual([answer.statusCode, answer.json().code], [403, "ACCESS_CROSS_SITE"]);
    }
    assert.deepEqual((await rig.app.inject({ url: "/api/setup", headers: { host: HOST } })).json(), {
      password: false,
      open: false,
      demo: false,
    });
  });

  it("comes back to its step wherever it is killed", async () => {
    await kill();
    await begin();
    const next = async () => {
      await kill();
      return (await steps()).next;
    };
    assert.equal(await next(), "claim");
    assert.equal(await settle("claim", "skipped"), 200);
    assert.equal(await next(), "person");
    assert.equal(await settle("person", "skipped"), 200);
    assert.equal(await next(), "recovery");
    assert.equal(await settle("recovery", "done"), 409);
    const made = await rig.ask("POST", "/api/recovery-code", { renew: false });
    assert.equal(made.statusCode, 201, made.body);
    // Killed before anybody said that it is on paper: the next one is another.
    assert.equal(await next(), "recovery");
    assert.equal((await rig.ask("POST", "/api/recovery-code", { renew: false })).statusCode, 409);
    for (const current of [undefined, "not this one"])
      assert.equal((await rig.ask("POST", "/api/recovery-code", { renew: true, current })).statusCode, 401);
    const again = await rig.ask("POST", "/api/recovery-code", { renew: true, current: PASSWORD });
    const renewed = again.json().code;
    assert.notEqual(renewed, made.json().code);
    const keys = readKeys(rig.dataDir);
    const key = backupKey(decodeRecoveryCode(renewed), Buffer.from(keys.backupSalt!, "hex"));
    assert.equal(key.toString("hex"), keys.backupKey);
    assert.equal(await settle("recovery", "done"), 200);
    assert.equal(await next(), "backup");
    runBackup({ dataDir: rig.dataDir, dir: join(rig.dataDir, "copy"), onCode: () => assert.fail() });
    assert.equal(await next(), undefined);
    const { steps: all } = await steps();
    assert.deepEqual(
      all.map(({ step, state }: { step: string; state: string }) => `${step} ${state}`),
      ["password done", "claim skipped", "person skipped", "recovery done", "backup done"],
    );
    assert.equal(await settle("claim", "open"), 200);
    assert.equal(await next(), "claim");
    assert.equal(await settle("claim", "done"), 400);
    assert.equal(await settle("password", "skipped"), 400);
  });

  it("is the owner's alone, and changes no password without hers", async () => {
    await begin();
    const put = (body: object, badge = rig.owner) => rig.ask("PUT", "/api/password", body, {}, badge);
    const wrong = await put({ role: "viewer", current: "not this one", password: VIEWER_PASSWORD });
    assert.deepEqual([wrong.statusCode, wrong.json().code], [401, "ACCESS_LOGIN"]);
    assert.equal(
      (await put({ role: "viewer", current: PASSWORD, password: VIEWER_PASSWORD })).statusCode,
      200,
    );
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    for (const [method, url, body] of [
      ["GET", "/api/setup/steps", undefined],
      ["PUT", "/api/setup/steps/claim", { state: "skipped" }],
      ["PUT", "/api/password", { role: "owner", current: PASSWORD, password: "another password" }],
      ["POST", "/api/recovery-code", { renew: true }],
    ] as const)
      assert.equal((await rig.ask(method, url, body, {}, viewer)).statusCode, 403, url);
    const changed = { role: "owner", current: PASSWORD, password: "another password" };
    assert.equal((await put(changed)).statusCode, 200);
    assert.equal((await rig.ask("GET", "/api/setup/steps")).statusCode, 401);
    assert.equal((await rig.login("another password", "owner")).csrf.length, 43);
  });

  it("leads to an address that can be typed", () => {
    const lan = { family: "IPv4", internal: false, address: "192.168.7.9" };
    const loop = { family: "IPv4", internal: true, address: "127.0.0.1" };
    const interfaces = { lo: [loop], eth0: [lan] } as never;
    assert.equal(reachable("https://0.0.0.0:8480", interfaces), "https://192.168.7.9:8480");
    assert.equal(reachable("http://[::]:81", interfaces), "http://192.168.7.9:81");
    assert.equal(reachable("http://hub.local:8480", interfaces), "http://hub.local:8480");
  });
});
