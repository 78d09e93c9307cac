import assert from "node:assert/strict";
import { Throttle } from "../../../gateway/access/throttle";
import { AccessRig, cookiesOf, PASSWORD, VIEWER_PASSWORD } from "./rig";

describe("guessing the password", () => {
  let rig: AccessRig;
  const from = (remoteAddress: string, password: string, cookie?: string) =>
    rig.login({ password }, { remoteAddress, headers: cookie === undefined ? {} : { cookie } });

  beforeEach(async () => {
    rig = new AccessRig();
    await rig.setPassword("owner", PASSWORD);
    await rig.open();
  });
  afterEach(() => rig.close());

  it("is slowed down more and more, to two guesses a minute, and told when to come again", async () => {
    let guesses = 0;
    for (const end = rig.now + 20 * 60_000; rig.now < end; rig.now += 5000) {
      const answer = await from("192.168.1.66", "guess");
      if (answer.statusCode === 401) guesses++;
      else {
        assert.equal(answer.statusCode, 429);
        const seconds = Number(answer.headers["retry-after"]);
        assert.ok(seconds >= 1 && seconds <= 30, `${seconds}`);
      }
    }
    assert.ok(guesses > 40 && guesses < 50, `${guesses}`);
  });

  it("lets the owner in at once from elsewhere, and in half a minute from the same address", async () => {
    for (let guess = 0; guess < 8; guess++) {
      await from("192.168.1.66", "guess");
      rig.now += 30_000;
    }
    await from("192.168.1.66", "guess");
    assert.equal((await from("192.168.1.66", PASSWORD)).statusCode, 429);
    assert.equal((await from("192.168.1.5", PASSWORD)).statusCode, 200);
    rig.now += 30_000;
    assert.equal((await from("192.168.1.66", PASSWORD)).statusCode, 200);
  });

  it("from many addresses at once is slowed in all, and keeps neither a known browser nor this machine out", async () => {
    const known = cookiesOf(await from("10.0.0.1", PASSWORD));
    let tried = 0;
    for (let n = 0; n < 200; n++)
      if ((await from(`10.1.${n >> 6}.${n & 63}`, "guess")).statusCode === 401) tried++;
    assert.equal(tried, 10);
    assert.equal((await from("10.9.9.9", PASSWORD)).statusCode, 429);
    assert.equal((await from("10.9.9.9", PASSWORD, known)).statusCode, 200);
    assert.equal((await from("127.0.0.1", PASSWORD)).statusCode, 200);
    rig.now += 3000;
    assert.equal((await from("10.9.9.9", PASSWORD)).statusCode, 200);
  });

  it("with a browser's cookie that was made up is a stranger's", async () => {
    for (let n = 0; n < 30; n++) await from(`10.1.0.${n}`, "guess");
    const forged = `avnode-browser=${"B".repeat(43)}`;
    assert.equal((await from("10.9.9.9", PASSWORD, forged)).statusCode, 429);
  });

  it("is no faster for a viewer, who logs in as such after every guess, from a browser that is known", async () => {
    await rig.setPassword("viewer", VIEWER_PASSWORD);
    const asViewer = { password: VIEWER_PASSWORD, role: "viewer" };
    const cookie = cookiesOf(await rig.login(asViewer, { remoteAddress: "192.168.1.66" }));
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++) {
      statuses.push((await from("192.168.1.66", "guess", cookie)).statusCode);
      const own = await rig.login(asViewer, { remoteAddress: "192.168.1.66", headers: { cookie } });
      assert.equal(own.statusCode, 200);
    }
    assert.deepEqual(statuses, [...Array(3).fill(401), ...Array(9).fill(429)]);
  });

  it("over many addresses is slowed in all for a viewer's browser, too, and not for the owner's", async () => {
    await rig.setPassword("viewer", VIEWER_PASSWORD);
    const viewer = await rig.login(
      { password: VIEWER_PASSWORD, role: "viewer" },
      { remoteAddress: "10.0.0.1" },
    );
    const owner = await from("10.0.0.2", PASSWORD, cookiesOf(viewer));
    let tried = 0;
    for (let n = 0; n < 40; n++)
      if ((await from(`10.1.0.${n}`, "guess", cookiesOf(viewer))).statusCode === 401) tried++;
    assert.ok(tried <= 10, `${tried}`);
    assert.equal((await from("10.9.9.9", PASSWORD, cookiesOf(owner))).statusCode, 200);
  });

  it("in parallel counts every guess before its answer", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => from("192.168.1.66", "guess")));
    assert.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 3);
  });
});

describe("the throttle", () => {
  const clock = { now: () => 0, after: () => () => {} };

  it("takes a whole IPv6 network of one subscriber for one guesser", () => {
    const throttle = new Throttle(clock);
    for (let n = 1; n <= 4; n++) throttle.failed("owner", `2001:db8:1:2::${n}`, undefined);
    assert.ok(throttle.admit("owner", "2001:db8:1:2:ffff::9", undefined) > 0);
    assert.equal(throttle.admit("owner", "2001:db8:1:3::1", undefined), 0);
    for (let n = 1; n <= 4; n++) throttle.failed("owner", "::ffff:192.168.1.9", undefined);
    assert.ok(throttle.admit("owner", "192.168.1.9", undefined) > 0);
    assert.equal(throttle.admit("owner", "::ffff:192.168.1.8", undefined), 0);
  });

  it("remembers a thousand guessers and not more", () => {
    const throttle = new Throttle(clock);
    for (let n = 0; n < 5000; n++) throttle.failed("owner", `10.0.${n >> 8}.${n & 255}`, undefined);
    assert.equal((throttle as unknown as { guessers: Map<string, unknown> }).guessers.size, 1024);
  });

  it("waits for nobody longer because the clock jumped", () => {
    let now = 1e12;
    const throttle = new Throttle({ now: () => now, after: () => () => {} });
    for (let n = 0; n < 20; n++) throttle.failed("owner", "10.0.0.1", undefined);
    now = 0;
    assert.equal(throttle.admit("owner", "10.0.0.1", undefined), 0);
  });
});
