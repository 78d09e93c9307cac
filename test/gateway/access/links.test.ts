import assert from "node:assert/strict";
import { AccessRig, type Badge, OTHER, OWN, PASSWORD, VIEWER_PASSWORD } from "./rig";

const HOUR_MS = 3600_000;

describe("a clinician's link", () => {
  let rig: AccessRig;
  let owner: Badge;
  beforeEach(async () => {
    rig = new AccessRig();
    await rig.setPassword("owner", PASSWORD);
    await rig.setPassword("viewer", VIEWER_PASSWORD);
    await rig.open();
    owner = await rig.badge();
  });
  afterEach(() => rig.close());

  async function make(recording: string, hours: number) {
    const answer = await rig.with(owner, "POST", "/api/links", { recording, hours });
    assert.equal(answer.statusCode, 201, answer.body);
    const { id, address, expiresAt } = answer.json();
    return { id, address, expiresAt, token: new URL(address).hash.slice(1) };
  }
  const by = (token: string, url: string, more: Record<string, string> = {}) =>
    rig.ask("GET", url, { headers: { authorization: `Bearer ${token}`, ...more } });

  it("opens its recording to whoever has its address, whose secret no server sees on the way", async () => {
    const { token, address } = await make(OWN, 24);
    assert.equal(new URL(address).pathname, "/link");
    assert.equal(Buffer.from(token, "base64url").length, 32);
    assert.equal((await by(token, `/api/recordings/${OWN}`)).json().id, OWN);
    assert.equal((await by(token, "/api/link")).json().recording, OWN);
  });

  it("opens no other recording, nor tells which there are", async () => {
    const { token } = await make(OWN, 24);
    const answers = [];
    for (const id of [
      OTHER,
      "0000000000000000",
      OWN.slice(0, 6),
      `${OWN}%00`,
      OWN.toUpperCase(),
      "..",
      "%2e%2e",
    ])
      answers.push(await by(token, `/api/recordings/${id}`));
    for (const answer of answers) assert.equal(answer.statusCode, 404, answer.body);
    assert.equal(answers[0]!.body, answers[1]!.body);
  });

  it("opens nothing else of the hub, and makes no links", async () => {
    const { token, id } = await make(OWN, 24);
    for (const url of ["/api/status", "/api/session", "/api/links"])
      assert.equal((await by(token, url)).json().code, "ACCESS_ROLE", url);
    for (const [method, url] of [
      ["POST", "/api/links"],
      ["POST", "/api/logout"],
      ["DELETE", `/api/links/${id}`],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, "x-avnode-csrf": owner.csrf };
      const answer = await rig.ask(method, url, { headers, payload: { recording: OTHER, hours: 1 } });
      assert.equal(answer.json().code, "ACCESS_ROLE", url);
    }
  });

  it("stays a clinician's when the owner's browser opens it", async () => {
    const { token } = await make(OWN, 24);
    const answer = await by(token, `/api/recordings/${OTHER}`, { cookie: owner.cookie });
    assert.equal(answer.statusCode, 404);
  });

  it("expires, and a clock set back does not revive it", async () => {
    const { token, expiresAt } = await make(OWN, 2);
    assert.equal(expiresAt, rig.now + 2 * HOUR_MS);
    rig.now = expiresAt - 1;
    assert.equal((await by(token, "/api/link")).statusCode, 200);
    rig.now = expiresAt;
    assert.equal((await by(token, "/api/link")).json().code, "ACCESS_LINK");
    rig.now -= HOUR_MS;
    assert.equal((await by(token, "/api/link")).statusCode, 401);
  });

  it("is revoked by the owner, alone of its kind", async () => {
    const [first, second] = [await make(OWN, 24), await make(OWN, 24)];
    assert.equal((await rig.with(owner, "DELETE", `/api/links/${first.id}`)).statusCode, 200);
    assert.equal((await by(first.token, "/api/link")).statusCode, 401);
    assert.equal((await by(second.token, "/api/link")).statusCode, 200);
    assert.equal((await rig.with(owner, "DELETE", `/api/links/${first.id}`)).statusCode, 404);
  });

  it("cannot be guessed from its id, nor taken for a session, nor from the list", async () => {
    const { id, token } = await make(OWN, 24);
    for (const guess of [id, "", token.slice(1), `${token}A`, `${token.slice(0, 42)}_`])
      assert.equal((await by(guess, "/api/link")).statusCode, 401, guess);
    const headers = { cookie: `avnode-session=${token}` };
    assert.equal((await rig.ask("GET", "/api/session", { headers })).statusCode, 401);
    const session = owner.cookie.split(/[=;]/)[1]!;
    assert.equal((await by(session, "/api/link")).statusCode, 401);
    const list = await rig.with(owner, "GET", "/api/links");
    assert.equal(list.body.includes(token), false);
    assert.equal(list.json().links[0].id, id);
  });

  const wrong: [string, object, number][] = [
    ["a recording that is not there", { recording: "0000000000000000", hours: 1 }, 404],
    ["no end", { recording: OWN }, 400],
    ["an end that is past", { recording: OWN, hours: -1 }, 400],
    ["an end beyond 90 days", { recording: OWN, hours: 90 * 24 + 1 }, 400],
    ["a label that would draw over the ledger", { recording: OWN, hours: 1, label: "Dr \u202eA" }, 400],
    ["a role of its choice", { recording: OWN, hours: 1, role: "owner" }, 400],
  ];
  for (const [name, payload, status] of wrong) {
    it(`is not made for ${name}`, async () => {
      const answer = await rig.with(owner, "POST", "/api/links", payload);
      assert.equal(answer.statusCode, status, answer.body);
    });
  }

  it("is one of 256 at most", async () => {
    for (let n = 0; n < 256; n++) await make(OWN, 1);
    const answer = await rig.with(owner, "POST", "/api/links", { recording: OWN, hours: 1 });
    assert.deepEqual([answer.statusCode, answer.json().code], [409, "ACCESS_LINKS"]);
  });
});
