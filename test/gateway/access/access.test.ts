import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { IDLE_MS, LIFE_MS } from "../../../gateway/access/sessions";
import { AccessRig, cookiesOf, HOST, ORIGIN, OTHER, OWN, PASSWORD, VIEWER_PASSWORD } from "./rig";

const HOUR_MS = 3600_000;

describe("access", function () {
  let rig: AccessRig;
  beforeEach(() => {
    rig = new AccessRig();
  });
  afterEach(() => rig.close());

  describe("without a password, on loopback", () => {
    beforeEach(() => rig.open());

    it("lets this machine's user in as owner, with a session all the same", async () => {
      assert.equal((await rig.ask("GET", "/api/status")).statusCode, 401);
      const answer = await rig.login({});
      assert.deepEqual([answer.statusCode, answer.json().role], [200, "owner"]);
      const status = await rig.ask("GET", "/api/status", { headers: { cookie: cookiesOf(answer) } });
      assert.deepEqual(status.json(), {
        kind: "home",
        now: rig.now,
        health: { ok: true, forgotten: 0 },
        problems: [],
        limits: [],
        handhelds: 0,
        recordings: 0,
        backlog: 0,
      });
    });

    it("lets nobody in who does not come from this machine", async () => {
      for (const remoteAddress of ["192.168.1.7", "::ffff:192.168.1.7", "fe80::1"])
        assert.equal((await rig.login({}, { remoteAddress })).json().code, "ACCESS_NO_PASSWORD");
      assert.equal((await rig.login({}, { remoteAddress: "::1" })).statusCode, 200);
    });

    it("lets nobody in whom a proxy on this machine passes on", async () => {
      const passedOn = [
        ...["x-forwarded-for", "forwarded", "via", "x-real-ip"].map((name) => ({ [name]: "203.0.113.9" })),
        { host: "192.168.1.5:8480", origin: "http://192.168.1.5:8480" },
      ];
      for (const headers of passedOn) {
        assert.equal((await rig.login({}, { headers })).json().code, "ACCESS_NO_PASSWORD");
        assert.equal((await rig.ask("GET", "/api/setup", { headers })).json().open, false);
      }
      assert.equal((await rig.ask("GET", "/api/setup")).json().open, true);
    });

    it("makes nobody a viewer", async () => {
      assert.equal((await rig.login({ role: "viewer" })).statusCode, 403);
    });

    it("ends what it let in once there is a password", async () => {
      const cookie = cookiesOf(await rig.login({}));
      await rig.setPassword("owner", PASSWORD);
      assert.equal((await rig.ask("GET", "/api/session", { headers: { cookie } })).statusCode, 401);
      assert.equal((await rig.login({})).statusCode, 401);
    });
  });

  it("lets nobody in without a password where other names lead to it, be it from this machine", async () => {
    await rig.open({ names: ["hub.local"] });
    assert.equal((await rig.login({})).json().code, "ACCESS_NO_PASSWORD");
  });

  describe("with passwords", () => {
    beforeEach(async () => {
      await rig.setPassword("owner", PASSWORD);
      await rig.setPassword("viewer", VIEWER_PASSWORD);
      await rig.open();
    });

    it("lets in whoever knows one, as what it makes him", async () => {
      assert.equal((await rig.login({ password: PASSWORD })).json().role, "owner");
      assert.equal((await rig.login({ password: VIEWER_PASSWORD, role: "viewer" })).json().role, "viewer");
      assert.equal((await rig.login({ password: VIEWER_PASSWORD })).statusCode, 401);
      assert.equal((await rig.login({ password: PASSWORD, role: "viewer" })).statusCode, 401);
    });

    it("takes a password typed on a system that composes its letters otherwise", async () => {
      await rig.setPassword("owner", "Gr\u00fc\u00dfe aus K\u00f6ln");
      const decomposed = "Gru\u0308\u00dfe aus Ko\u0308ln";
      assert.equal((await rig.login({ password: decomposed })).statusCode, 200);
    });

    const bodies: [string, unknown][] = [
      ["a role that is none", { password: PASSWORD, role: "admin" }],
      ["a field more", { password: PASSWORD, isOwner: true }],
      ["a password that is no text", { password: { length: 10 } }],
      ["a list", [PASSWORD]],
      ["a prototype", '{"password":"x","__proto__":{"role":"owner"}}'],
      ["half of JSON", '{"password":'],
    ];
    for (const [name, payload] of bodies) {
      it(`refuses a login with ${name}`, async () => {
        const headers = { "content-type": "application/json" };
        const answer = await rig.login(payload as object, { headers });
        assert.equal(answer.statusCode, 400, answer.body);
      });
    }

    it("holds cookies from scripts and from other sites", async () => {
      const { headers } = await rig.login({ password: PASSWORD });
      for (const line of [headers["set-cookie"]].flat()) {
        assert.match(line!, /; HttpOnly/);
        assert.match(line!, /; SameSite=Strict/);
        assert.match(line!, /; Path=\//);
      }
    });

    it("keeps neither password nor token in the clear, in a file that is its owner's alone", async () => {
      const { cookie } = await rig.badge();
      const file = join(rig.dataDir, "access.db");
      const bytes = readFileSync(file);
      for (const secret of [PASSWORD, ...cookie.split("; ").map((part) => part.split("=")[1]!)]) {
        assert.equal(bytes.includes(secret), false);
        assert.equal(bytes.includes(Buffer.from(secret, "base64url")), false);
      }
      assert.equal(statSync(file).mode & 0o777, 0o600);
    });

    it("begins every session under a new token, and ends the one that was planted", async () => {
      const planted = await rig.badge(VIEWER_PASSWORD, "viewer");
      const answer = await rig.login({ password: PASSWORD }, { headers: { cookie: planted.cookie } });
      assert.notEqual(cookiesOf(answer).split("; ")[0], planted.cookie.split("; ")[0]);
      assert.equal((await rig.with(planted, "GET", "/api/session")).statusCode, 401);
      const made = `avnode-session=${"A".repeat(43)}`;
      await rig.login({ password: PASSWORD }, { headers: { cookie: made } });
      assert.equal((await rig.ask("GET", "/api/session", { headers: { cookie: made } })).statusCode, 401);
    });

    it("takes no token that it did not make", async () => {
      for (const token of ["", "x", "%00", "A".repeat(43), "A".repeat(10_000), "__proto__"]) {
        const headers = { cookie: `avnode-session=${token}` };
        assert.equal((await rig.ask("GET", "/api/session", { headers })).statusCode, 401, token);
      }
      const browser = (await rig.badge()).cookie.replaceAll("avnode-browser", "avnode-session");
      const [, asSession] = browser.split("; ");
      assert.equal(
        (await rig.ask("GET", "/api/session", { headers: { cookie: asSession! } })).statusCode,
        401,
      );
    });

    it("ends a session that idles, and any after a week, and a clock set back revives neither", async () => {
      const idle = await rig.badge();
      rig.now += IDLE_MS - 1;
      assert.equal((await rig.with(idle, "GET", "/api/session")).statusCode, 200);
      rig.now += IDLE_MS;
      assert.equal((await rig.with(idle, "GET", "/api/session")).statusCode, 401);
      rig.now -= IDLE_MS;
      assert.equal((await rig.with(idle, "GET", "/api/session")).statusCode, 401);
      const busy = await rig.badge();
      for (const end = rig.now + LIFE_MS - HOUR_MS; rig.now < end; rig.now += HOUR_MS)
        assert.equal((await rig.with(busy, "GET", "/api/session")).statusCode, 200);
      rig.now += HOUR_MS;
      assert.equal((await rig.with(busy, "GET", "/api/session")).statusCode, 401);
    });

    it("ends a session at logout, at the hub and not only in the browser", async () => {
      const badge = await rig.badge();
      assert.equal((await rig.with(badge, "POST", "/api/logout")).statusCode, 200);
      assert.equal((await rig.with(badge, "GET", "/api/session")).statusCode, 401);
    });

    it("ends all sessions when the owner's password changes, and the viewer's when that does", async () => {
      const owner = await rig.badge();
      const viewer = await rig.badge(VIEWER_PASSWORD, "viewer");
      await rig.setPassword("viewer", "another one for them");
      assert.equal((await rig.with(viewer, "GET", "/api/session")).statusCode, 401);
      assert.equal((await rig.with(owner, "GET", "/api/session")).statusCode, 200);
      const again = await rig.badge("another one for them", "viewer");
      await rig.setPassword("owner", "another one for me");
      for (const badge of [owner, again])
        assert.equal((await rig.with(badge, "GET", "/api/session")).statusCode, 401);
      assert.equal((await rig.login({ password: PASSWORD })).statusCode, 401);
    });

    it("lets a viewer look and change nothing", async () => {
      const viewer = await rig.badge(VIEWER_PASSWORD, "viewer");
      for (const url of ["/api/status", `/api/recordings/${OTHER}`])
        assert.equal((await rig.with(viewer, "GET", url)).statusCode, 200);
      for (const [method, url] of [
        ["POST", "/api/links"],
        ["GET", "/api/links"],
        ["DELETE", "/api/links/0011223344556677"],
      ] as const) {
        const answer = await rig.with(viewer, method, url, { recording: OWN, hours: 1 });
        assert.deepEqual([answer.statusCode, answer.json().code], [403, "ACCESS_ROLE"], url);
      }
    });

    describe("asked by another site's page", () => {
      const senders: [string, Record<string, string>][] = [
        ["another origin", { origin: "https://evil.example" }],
        ["no origin that it would own to", { origin: "null" }],
        ["another port of this machine", { origin: "http://127.0.0.1:3000" }],
        ["another name of this machine", { origin: "http://localhost:8480" }],
        ["another scheme", { origin: `https://${HOST}` }],
        ["an origin that begins like ours", { origin: `${ORIGIN}.evil.example` }],
        ["our origin, which the browser gives the lie", { origin: ORIGIN, "sec-fetch-site": "cross-site" }],
        ["another port, as newer browsers say it", { "sec-fetch-site": "same-site" }],
        ["nothing said of where it comes from", {}],
      ];
      for (const [name, from] of senders) {
        it(`does nothing for ${name}, be cookie and token right`, async () => {
          const { cookie, csrf } = await rig.badge();
          const headers = { host: HOST, cookie, "x-avnode-csrf": csrf, ...from };
          const payload = { recording: OWN, hours: 1 };
          for (const url of ["/api/links", "/api/login", "/api/logout"]) {
            const answer = await rig.app.inject({ method: "POST", url, headers, payload });
            assert.deepEqual([answer.statusCode, answer.json().code], [403, "ACCESS_CROSS_SITE"]);
          }
          const badge = { cookie, csrf };
          assert.deepEqual((await rig.with(badge, "GET", "/api/links")).json(), { links: [] });
        });
      }

      it("does nothing without the session's own token, though the browser says it is our page", async () => {
        const { cookie, csrf } = await rig.badge();
        const other = await rig.badge();
        for (const token of [undefined, "", csrf.slice(1), csrf + "A", other.csrf, cookie]) {
          const headers = { cookie, ...(token !== undefined && { "x-avnode-csrf": token }) };
          const payload = { recording: OWN, hours: 1 };
          const answer = await rig.ask("POST", "/api/links", { headers, payload });
          assert.equal(answer.json().code, "ACCESS_CSRF");
        }
      });

      it("reads nothing to it, nor tells whether somebody is logged in", async () => {
        const { cookie } = await rig.badge();
        for (const site of ["cross-site", "same-site"])
          for (const headers of [{ cookie, "sec-fetch-site": site }, { "sec-fetch-site": site }])
            assert.equal((await rig.ask("GET", "/api/status", { headers })).json().code, "ACCESS_CROSS_SITE");
      });

      it("reads nothing to another port's page, of which browsers say its origin alone over plain HTTP", async () => {
        const { cookie } = await rig.badge();
        for (const origin of [`${ORIGIN}0`, "http://127.0.0.1", "https://127.0.0.1:8480", "null"]) {
          const answer = await rig.ask("GET", "/api/status", { headers: { cookie, origin } });
          assert.equal(answer.json().code, "ACCESS_CROSS_SITE", origin);
        }
        assert.equal(
          (await rig.ask("GET", "/api/status", { headers: { cookie, origin: ORIGIN } })).statusCode,
          200,
        );
      });

      it("takes no form of its, nor text that is JSON", async () => {
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
          const payload = JSON.stringify({ password: PASSWORD });
          const answer = await rig.ask("POST", "/api/login", { headers: { "content-type": type }, payload });
          assert.equal(answer.statusCode, 415, type);
        }
      });
    });

    it("answers under no name that somebody else may give this machine's address", async () => {
      const { cookie } = await rig.badge();
      const hosts = ["evil.example", "evil.example:8480", "127.0.0.1.evil.example", "a@127.0.0.1", "[::1"];
      for (const host of hosts) {
        const answer = await rig.ask("GET", "/api/status", { headers: { host, cookie } });
        assert.equal(answer.statusCode, 421, host);
        assert.equal((await rig.ask("GET", "/healthz", { headers: { host } })).statusCode, 421, host);
      }
      for (const host of ["localhost", "LOCALHOST:8480", "192.168.1.5:8480", "[::1]:8480", "[fe80::1]"])
        assert.equal((await rig.ask("GET", "/healthz", { headers: { host } })).statusCode, 200, host);
    });

    it("tells the browser what not to do, whatever it answers", async () => {
      const answers = [
        await rig.ask("GET", "/healthz"),
        await rig.ask("GET", "/api/status"),
        await rig.ask("GET", "/nothing"),
        await rig.ask("GET", "/api/%c0%ae"),
        await rig.ask("GET", "/healthz", { headers: { host: "evil.example" } }),
        await rig.login({ password: "x".repeat(20_000) }),
      ];
      for (const { headers, statusCode } of answers) {
        const policy = String(headers["content-security-policy"]).split("; ");
        assert.ok(policy.includes("default-src 'none'"), `${statusCode}`);
        assert.ok(policy.includes("frame-ancestors 'none'"));
        assert.doesNotMatch(policy.join(), /unsafe|https?:|\*|data:/);
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["referrer-policy"], "no-referrer");
        assert.equal(headers["cross-origin-resource-policy"], "same-origin");
        assert.equal(headers["cross-origin-opener-policy"], "same-origin");
        assert.equal(headers["cache-control"], "no-store");
        assert.equal(headers["access-control-allow-origin"], undefined);
      }
      assert.deepEqual(
        answers.map(({ statusCode }) => statusCode),
        [200, 401, 404, 400, 421, 413],
      );
    });

    it("writes nothing of a request into the headers of its answer", async () => {
      const badge = await rig.badge();
      const headers = { cookie: badge.cookie, "x-avnode-csrf": badge.csrf, host: HOST, origin: ORIGIN };
      const payload = { recording: OWN, hours: 1, label: "a\r\nset-cookie: evil=1" };
      const answer = await rig.ask("POST", "/api/links", { headers, payload });
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.headers["set-cookie"], undefined);
      const split = await rig.ask("GET", "/nothing%0d%0aset-cookie:%20evil=1");
      assert.equal(split.headers["set-cookie"], undefined);
    });

    it("refuses what is too large, and a name that is too long", async () => {
      const answer = await rig.login({ password: "x".repeat(20_000) });
      assert.equal(answer.statusCode, 413);
      const { cookie } = await rig.badge();
      const long = await rig.ask("GET", `/api/recordings/${"a".repeat(65)}`, { headers: { cookie } });
      assert.notEqual(long.statusCode, 200);
    });

    it("has nothing at any other address or by any other method", async () => {
      const badge = await rig.badge();
      const urls = ["/", "/api", "/api/status/", "//api/status", "/API/STATUS", "/api/../keyring.json"];
      for (const url of [...urls, "/api/links/..%2fstatus", "/access.db"]) {
        const answer = await rig.with(badge, "GET", url);
        assert.equal(answer.statusCode, 404, url);
      }
      for (const method of ["PUT", "PATCH", "OPTIONS", "HEAD", "TRACE"] as const) {
        const headers = { host: HOST, origin: ORIGIN, cookie: badge.cookie };
        const answer = await rig.app.inject({ method: method as "PUT", url: "/api/status", headers });
        assert.equal(answer.statusCode, 404, method);
      }
    });

    it("says whether it is well to anybody, and nothing else", async () => {
      assert.deepEqual((await rig.ask("GET", "/healthz")).json(), { ok: true });
      await rig.app.close();
      rig.healthy = false;
      await rig.open();
      const answer = await rig.ask("GET", "/healthz");
      assert.deepEqual([answer.statusCode, answer.json()], [503, { ok: false }]);
    });

    it("cannot be given a route that nobody is named for", async () => {
      const other = new AccessRig();
      await other.open();
      assert.throws(() => other.app.get("/api/everything", async () => "all"), {
        code: "ACCESS_RULE",
        message: /GET \/api\/everything cannot be registered.*rules\.ts/,
      });
      assert.throws(() => other.app.post("/api/status", async () => "all"), { code: "ACCESS_RULE" });
      await assert.rejects(
        async () =>
          other.app.register(async (page) => {
            page.get("/constructor", async () => "all");
          }),
        { code: "ACCESS_RULE" },
      );
      await other.close().catch(() => {});
    });
  });
});
