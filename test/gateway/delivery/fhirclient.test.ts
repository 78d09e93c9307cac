import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DeliveryError } from "../../../gateway/delivery/error";
import { FhirClient, type FhirServer } from "../../../gateway/delivery/fhirclient";
import { fhirBundle } from "../../../gateway/export/fhir";
import { noise, sourceOf } from "../export/source";

const { Fhir } = require("fhir") as { Fhir: new () => { validate(resource: object): { valid: boolean } } };

interface Asked {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}
type Behave = (asked: Asked, reply: ServerResponse) => void;

const SECRET = "s3cr3t: of + a & client";
const NOW = 1_000_000_000_000;

describe("a transaction to a FHIR server", () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  /** @param answers one after the other; the last one for all that follow */
  async function server(...answers: (number | Behave)[]) {
    const asked: Asked[] = [];
    let issued = 0;
    const stub = createServer(async (request, reply) => {
      let body = "";
      for await (const piece of request) body += piece;
      const one = { path: request.url!, headers: request.headers, body };
      asked.push(one);
      if (one.path === "/token") {
        reply.setHeader("content-type", "application/json");
        reply.end(JSON.stringify({ access_token: `token${++issued}`, token_type: "Bearer", expires_in: 60 }));
        return;
      }
      const answer = (answers.length > 1 ? answers.shift() : answers[0])!;
      if (typeof answer === "function") return answer(one, reply);
      reply.writeHead(answer, { "content-type": "application/fhir+json" });
      const outcome = {
        resourceType: "OperationOutcome",
        issue: [{ diagnostics: "as\nit \u001b[31m says" }],
      };
      reply.end(JSON.stringify(outcome));
    });
    await new Promise<void>((done) => stub.listen(0, "127.0.0.1", done));
    closing.push(() => {
      stub.close();
      stub.closeAllConnections();
    });
    const address = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
    return { asked, address, posted: () => asked.filter(({ path }) => path !== "/token") };
  }

  const clock = { at: NOW, now: () => clock.at };
  beforeEach(() => {
    clock.at = NOW;
  });
  const withToken = (address: string): FhirServer => ({
    url: `${address}/r4`,
    token: { url: `${address}/token`, clientId: "hub", clientSecret: SECRET, scope: "system/*.write" },
  });
  const bundle = () =>
    fhirBundle({ source: sourceOf({ signals: [noise(500, 100)], person: { name: "Zoë" } }) });
  const failureOf = async (sending: Promise<void>): Promise<DeliveryError> => {
    const error = await sending.then(
      () => assert.fail("it was taken"),
      (why) => why,
    );
    assert.ok(error instanceof DeliveryError, String(error));
    return error;
  };

  it("arrives whole and valid", async () => {
    const { address, posted } = await server(200);
    await new FhirClient({ url: `${address}/r4` }, clock).post(bundle());
    const [{ body, headers, path }] = posted() as [Asked];
    assert.deepEqual([path, headers["content-type"]], ["/r4", "application/fhir+json"]);
    assert.deepEqual(JSON.parse(body), JSON.parse(JSON.stringify(bundle())));
    assert.ok(new Fhir().validate(JSON.parse(body)).valid);
    assert.equal(headers.authorization, undefined);
  });

  it("asks for a token once, uses it while it lasts, and asks anew when it ends", async () => {
    const { address, asked, posted } = await server(200);
    const client = new FhirClient(withToken(address), clock);
    await client.post({});
    clock.at += 29_000;
    await client.post({});
    clock.at += 2_000;
    await client.post({});
    assert.deepEqual(
      posted().map(({ headers }) => headers.authorization),
      ["Bearer token1", "Bearer token1", "Bearer token2"],
    );
    const [{ headers, body }] = asked as [Asked];
    assert.equal(body, "grant_type=client_credentials&scope=system%2F*.write");
    // RFC 6749 §2.3.1: both are encoded before they are joined.
    const sent = Buffer.from(headers.authorization!.slice("Basic ".length), "base64").toString();
    assert.equal(sent, `hub:${encodeURIComponent(SECRET)}`);
  });

  it("with a token that was ended before its time asks for another, once", async () => {
    const taken = await server(401, 200);
    await new FhirClient(withToken(taken.address), clock).post({});
    assert.deepEqual(
      taken.posted().map(({ headers }) => headers.authorization),
      ["Bearer token1", "Bearer token2"],
    );
    const refused = await server(401);
    const error = await failureOf(new FhirClient(withToken(refused.address), clock).post({}));
    assert.deepEqual([error.retry, refused.posted().length], [false, 2]);
  });

  for (const [status, retry] of [
    [503, true],
    [500, true],
    [429, true],
    [408, true],
    [400, false],
    [403, false],
    [404, false],
    [409, false],
    [412, false],
    [422, false],
  ] as const)
    it(`refused with ${status} is ${retry ? "" : "not "}tried again, and says what the server said`, async () => {
      const { address } = await server(status);
      const error = await failureOf(new FhirClient({ url: address }, clock).post({}));
      assert.equal(error.retry, retry);
      assert.equal(error.message, `${address} refused it with ${status}: as it [31m says`);
    });

  it("follows no redirection: what is sent is for this server alone", async () => {
    const elsewhere = await server(200);
    const { address } = await server((_asked, reply) => {
      reply.writeHead(307, { location: elsewhere.address }).end();
    });
    const error = await failureOf(new FhirClient({ url: address }, clock).post({}));
    assert.match(error.message, /moved: correct its address/);
    assert.deepEqual([error.retry, elsewhere.asked.length], [false, 0]);
  });

  it("is tried again where nobody answers, or hangs, or says without end", async () => {
    const silent = await server(() => {});
    const hung = await failureOf(new FhirClient({ url: silent.address }, clock, 200).post({}));
    assert.match(hung.message, /did not answer in time/);
    const endless = await server((_asked, reply) => {
      reply.writeHead(500);
      const more = () => reply.write("x".repeat(65_536), () => !reply.destroyed && setImmediate(more));
      more();
    });
    const loud = await failureOf(new FhirClient({ url: endless.address }, clock).post({}));
    for (const close of closing.splice(0)) close();
    const gone = await failureOf(new FhirClient({ url: silent.address }, clock).post({}));
    assert.deepEqual(
      [hung, loud, gone].map(({ retry }) => retry),
      [true, true, true],
    );
  });

  it("without a token says so, and no secret", async () => {
    const stub = await server(200);
    const given = withToken(stub.address);
    const error = await failureOf(
      new FhirClient({ ...given, token: { ...given.token!, url: `${stub.address}/none` } }, clock).post({}),
    );
    assert.equal(error.code, "DELIVERY_TOKEN");
    assert.ok(!error.message.includes(SECRET));
  });
});
