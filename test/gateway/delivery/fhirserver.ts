/** A FHIR server of our own on loopback: lets nobody in without a token, and takes no bundle that npm `fhir` does not. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bundle, Resource } from "../../../gateway/export/fhir";

const { Fhir } = require("fhir") as {
  Fhir: new () => { validate(resource: object): { messages: { severity: string }[] } };
};

export const CLIENT = { clientId: "hub", clientSecret: "s3cret &:+" };
/** RFC 6749 §2.3.1: each form-encoded, then joined and in base64. */
const BASIC = `Basic ${Buffer.from("hub:s3cret+%26%3A%2B").toString("base64")}`;
const TOKEN = "token-1";

export class FhirStub {
  /** By their addresses, e.g. `Observation/…`. */
  readonly kept = new Map<string, Resource>();
  /** Transactions that were taken, by their idempotency keys. */
  readonly taken: string[] = [];
  /** What was answered, in order. */
  readonly answers: number[] = [];
  private readonly validator = new Fhir();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FhirStub> {
    const server = createServer().listen(0, "127.0.0.1");
    const stub = new FhirStub(server);
    server.on("request", (request, response) => void stub.serve(request, response));
    await once(server, "listening");
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/fhir`;
  }

  get token(): { url: string; clientId: string; clientSecret: string } {
    return { url: this.url.replace("/fhir", "/token"), ...CLIENT };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const { authorization } = request.headers;
    const say = (status: number, value: object) => {
      this.answers.push(status);
      response.writeHead(status).end(JSON.stringify(value));
    };
    if (request.url === "/token") {
      const asks = body === "grant_type=client_credentials" && authorization === BASIC;
      return say(asks ? 200 : 401, asks ? { access_token: TOKEN, token_type: "Bearer", expires_in: 60 } : {});
    }
    if (authorization !== `Bearer ${TOKEN}`) return say(401, {});
    const bundle = JSON.parse(body) as Bundle;
    const faults = this.validator.validate(bundle).messages.filter(({ severity }) => severity === "error");
    if (faults.length > 0) return say(422, faults);
    const entry = bundle.entry.map(({ resource, request: { url } }) => {
      const status = this.kept.has(url) ? "200 OK" : "201 Created";
      this.kept.set(url, resource);
      return { response: { status } };
    });
    this.taken.push(String(request.headers["idempotency-key"]));
    say(200, { resourceType: "Bundle", type: "transaction-response", entry });
  }
}
