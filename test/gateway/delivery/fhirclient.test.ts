import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DeliveryError } from "../../../gateway/delivery/error";
import { type FhirServer, postBundle } from "../../../gateway/delivery/fhirclient";
import { type Bundle, fhirBundle } from "../../../gateway/export/fhir";
import { freePort } from "../../ports";
import { noise, sourceOf } from "../export/source";

interface Message {
  severity: string;
  location: string;
  message: string;
}
const { Fhir } = require("fhir") as {
  Fhir: new () => { validate(resource: object): { messages: Message[] } };
};
const validator = new Fhir();

const BUNDLE = fhirBundle({
  source: sourceOf({ signals: [noise(500, 900)], person: { name: "Zoë Müller" } }),
  ...{ pdf: Buffer.from("%PDF-1.7\n"), proof: Buffer.from([1, 2, 3]) },
});
const PATIENCE_MS = 300;

const failsAs =
  (code: string, retry: boolean, more: { message?: RegExp; waits?: number } = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof DeliveryError, String(error));
    assert.deepEqual([error.code, error.retry], [code, retry], error.message);
    assert.match(error.message, more.message ?? /./);
    assert.equal(error.retryAfterMs, more.waits);
    assert.doesNotMatch(error.message, /Müller|s3cret/, "it tells nothing of the person, and no secret");
    return true;
  };

type Say = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const json = (status: number, value: unknown, headers: Record<string, string> = {}): Say => {
  return (_request, response) => response.writeHead(status, headers).end(JSON.stringify(value));
};

describe("a transaction to a FHIR server", function () {
  this.timeout(20_000);
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Does the first of these with the first request, and so on; the last with all that follow. */
  async function serving(
    ...says: Say[]
  ): Promise<{ url: string; heard: IncomingMessage[]; bodies: string[] }> {
    const heard: IncomingMessage[] = [];
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      bodies.push(Buffer.concat(pieces).toString());
      const say = says[Math.min(heard.length, says.length - 1)]!;
      heard.push(request);
      say(request, response, bodies.at(-1)!);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`, heard, bodies };
  }

  /** Keeps what is put, by its address, as a server does; takes nothing that the validator does not. */
  function keeping(kept: Map<string, object>): Say {
    return (_request, response, body) => {
      const bundle = JSON.parse(body) as Bundle;
      const faults = validator.validate(bundle).messages.filter(({ severity }) => severity === "error");
      if (faults.length > 0) return json(422, faults)(_request, response, body);
      const entry = bundle.entry.map(({ resource, request: { method, url } }) => {
        assert.equal(method, "PUT");
        const status = kept.has(url) ? "200 OK" : "201 Created";
        kept.set(url, resource);
        return { response: { status } };
      });
      return json(200, { resourceType: "Bundle", type: "transaction-response", entry })(
        _request,
        response,
        body,
      );
    };
  }
  const taking = () => keeping(new Map());
  const to = (url: string, more: Partial<FhirServer> = {}): FhirServer => ({ url, key: "a-key", ...more });
  const post = (url: string, more: Partial<FhirServer> = {}, bundle: object = BUNDLE) =>
    postBundle(bundle, to(url, more), PATIENCE_MS);

  it("is valid there, and a second time makes nothing new", async () => {
    const kept = new Map<string, object>();
    const { url, heard, bodies } = await serving(keeping(kept));
    await post(url);
    const first = [...kept];
    await post(url);
    assert.deepEqual([...kept], first);
    assert.equal(kept.size, 5);
    assert.deepEqual(JSON.parse(bodies[0]!), JSON.parse(JSON.stringify(BUNDLE)));
    for (const { method, headers } of heard)
      assert.deepEqual(
        [method, headers["content-type"], headers["idempotency-key"]],
        ["POST", "application/fhir+json", "a-key"],
      );
  });

  it("with a fault in it is seen by the server's validator, and not tried again", async () => {
    const planted = structuredClone(BUNDLE);
    const observation = planted.entry.find(({ resource }) => resource.resourceType === "Observation")!;
    delete observation.resource.status;
    const { url } = await serving(taking());
    await assert.rejects(post(url, {}, planted), failsAs("FHIR_STATUS", false, { message: /status 422/ }));
  });

  it("is tried again after 503, and then taken", async () => {
    const kept = new Map<string, object>();
    const { url } = await serving(json(503, {}, { "retry-after": "120" }), keeping(kept));
    await assert.rejects(post(url), failsAs("FHIR_STATUS", true, { waits: 120_000 }));
    assert.equal(kept.size, 0);
    await post(url);
    assert.equal(kept.size, 5);
  });

  for (const [status, retry] of [
    [400, false],
    [403, false],
    [404, false],
    [409, false],
    [412, false],
    [422, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [502, true],
  ] as const)
    it(`that is answered with ${status} is ${retry ? "tried again later" : "not tried again"}`, async () => {
      const { url } = await serving(json(status, { resourceType: "OperationOutcome" }));
      await assert.rejects(post(url), failsAs("FHIR_STATUS", retry));
    });

  it("is told why it was refused by a code, never in the server's words", async () => {
    const issue = [{ severity: "error", code: "duplicate", diagnostics: "Zoë Müller is there" }];
    const { url } = await serving(json(409, { resourceType: "OperationOutcome", issue }));
    await assert.rejects(post(url), failsAs("FHIR_STATUS", false, { message: /refuses: duplicate/ }));
  });

  it("goes nowhere else, whoever sends it there", async () => {
    const elsewhere = await serving(taking());
    for (const status of [301, 302, 307, 308]) {
      const { url } = await serving(json(status, {}, { location: elsewhere.url }));
      await assert.rejects(post(url), failsAs("FHIR_STATUS", false, { message: /elsewhere/ }));
    }
    assert.equal(elsewhere.heard.length, 0);
  });

  it("is not taken by a log-in page, nor by an answer that leaves an entry out or refuses one", async () => {
    const answer = (entry: object[]) =>
      json(200, { resourceType: "Bundle", type: "transaction-response", entry });
    const good = BUNDLE.entry.map(() => ({ response: { status: "201 Created" } }));
    const page: Say = (_request, response) => response.end("<html>Welcome to the hotel</html>");
    for (const say of [
      ...[page, json(200, {}), json(200, null), answer(good.slice(1))],
      answer([...good.slice(1), { response: { status: "422" } }]),
    ]) {
      const { url } = await serving(say);
      await assert.rejects(post(url), failsAs("FHIR_ANSWER", true));
    }
    await post((await serving(answer(good))).url);
  });

  it("waits for no server that hangs, before its answer or within it, and takes no endless answer", async () => {
    const within: Say = (_request, response) => void response.writeHead(200).write("{");
    const endless: Say = (_request, response) => {
      const piece = Buffer.alloc(1 << 16, 0x20);
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on("drain", more).writeHead(200);
      more();
    };
    for (const [say, code] of [
      [() => {}, "FHIR_UNREACHABLE"],
      [within, "FHIR_UNREACHABLE"],
      [endless, "FHIR_ANSWER"],
    ] as [Say, string][]) {
      const { url } = await serving(say);
      await assert.rejects(post(url), failsAs(code, true));
    }
    await assert.rejects(
      post(`http://127.0.0.1:${await freePort()}`),
      failsAs("FHIR_UNREACHABLE", true, { message: /ECONNREFUSED/ }),
    );
  });

  it("goes to no address without TLS but on this machine", async () => {
    for (const url of ["http://fhir.example/r4", "ftp://127.0.0.1/", "fhir", "http://127.0.0.1.example/"])
      await assert.rejects(post(url), failsAs("FHIR_URL", false));
    const token = { url: "http://token.example/", clientId: "hub", clientSecret: "s3cret" };
    await assert.rejects(post("https://127.0.0.1:1/", { token }), failsAs("FHIR_URL", false));
  });

  describe("with client credentials", () => {
    /** Tokens 1, 2, … */
    const granting = (seconds?: number): Say => {
      let number = 0;
      return (_request, response) => {
        const value = { access_token: `token-${++number}`, token_type: "Bearer", expires_in: seconds };
        response.end(JSON.stringify(value));
      };
    };
    const credentials = (url: string, clientId: string) => ({
      token: { url, clientId, clientSecret: "s3cret &:+", scope: "system/*.write" },
    });

    it("asks for a token once, and again when it has ended", async () => {
      for (const [seconds, asked] of [
        [3600, 1],
        [undefined, 1],
        // Shorter than the margin: it would end on the way.
        [5, 2],
      ] as const) {
        const tokens = await serving(granting(seconds));
        const { url, heard } = await serving(taking());
        for (let times = 0; times < 2; times++) await post(url, credentials(tokens.url, "hub"));
        assert.equal(tokens.heard.length, asked);
        assert.deepEqual(
          heard.map(({ headers }) => headers.authorization),
          ["Bearer token-1", `Bearer token-${asked}`],
        );
        assert.equal(tokens.bodies[0], "grant_type=client_credentials&scope=system%2F*.write");
        // RFC 6749 §2.3.1: each form-encoded, then joined and in base64.
        const basic = Buffer.from("hub:s3cret+%26%3A%2B").toString("base64");
        assert.equal(tokens.heard[0]!.headers.authorization, `Basic ${basic}`);
      }
    });

    it("asks for another when one is refused before its time, but only once", async () => {
      const tokens = await serving(granting(3600));
      const { url, heard } = await serving(json(401, {}), taking());
      await post(url, credentials(tokens.url, "hub"));
      assert.deepEqual([tokens.heard.length, heard.length], [2, 2]);
      const deaf = await serving(json(401, {}));
      await assert.rejects(
        post(deaf.url, credentials(tokens.url, "hub")),
        failsAs("FHIR_STATUS", false, { message: /does not let us in/ }),
      );
      assert.equal(deaf.heard.length, 2);
    });

    it("sends nothing where there is no token", async () => {
      const { url, heard } = await serving(taking());
      for (const [say, code, retry] of [
        [json(401, { error: "invalid_client" }), "FHIR_TOKEN", false],
        [json(400, { error: "invalid_scope" }), "FHIR_TOKEN", false],
        [json(503, {}), "FHIR_TOKEN", true],
        [json(200, {}), "FHIR_TOKEN", true],
        [json(200, { access_token: "a\r\nb" }), "FHIR_TOKEN", true],
        [() => {}, "FHIR_UNREACHABLE", true],
      ] as [Say, string, boolean][]) {
        const tokens = await serving(say);
        await assert.rejects(post(url, credentials(tokens.url, "hub")), failsAs(code, retry));
      }
      assert.equal(heard.length, 0);
    });
  });
});
