/** A FHIR server of our own on loopback that checks each bundle with npm `fhir` and wants OAuth2 client credentials. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bundle } from "../../../gateway/export/fhir";

const { Fhir } = require("fhir") as {
  Fhir: new () => { validate(resource: object): { messages: { severity: string; message: string }[] } };
};
const validator = new Fhir();

/** @returns what makes it invalid */
export function faultsOf(bundle: object): string[] {
  const { messages } = validator.validate(bundle);
  return messages.filter(({ severity }) => severity === "error").map(({ message }) => message);
}

export class FhirServer {
  /** By their addresses, as last put. */
  readonly kept = new Map<string, Bundle["entry"][number]["resource"]>();
  /** Idempotency keys of the transactions that it took. */
  readonly keys: string[] = [];
  /** Why it took none. */
  readonly refused: string[] = [];
  /** Seconds; while it is set, it is busy (503) and asks to be left alone for so long. */
  busyFor: number | undefined;
  private readonly granted = new Set<string>();

  private constructor(
    private readonly server: Server,
    private readonly client: { id: string; secret: string } | undefined,
  ) {}

  /** @param client without one it lets everybody in */
  static async start(client?: { id: string; secret: string }, port = 0): Promise<FhirServer> {
    const server = createServer();
    const fhir = new FhirServer(server, client);
    server.on("request", async (request: IncomingMessage, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const body = Buffer.concat(pieces).toString();
      const [status, said] = request.url === "/token" ? fhir.grant(request) : fhir.take(request, body);
      if (status === 503) response.setHeader("retry-after", String(fhir.busyFor));
      response.writeHead(status).end(JSON.stringify(said));
    });
    await once(server.listen(port, "127.0.0.1"), "listening");
    return fhir;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private grant({ headers }: IncomingMessage): [number, object] {
    const { id, secret } = this.client!;
    const basic = Buffer.from(`${id}:${secret}`).toString("base64");
    if (headers.authorization !== `Basic ${basic}`) return [401, { error: "invalid_client" }];
    const token = `token-${this.granted.size + 1}`;
    this.granted.add(token);
    return [200, { access_token: token, token_type: "Bearer", expires_in: 3600 }];
  }

  private take({ headers, url }: IncomingMessage, body: string): [number, object] {
    if (this.busyFor !== undefined) return [503, { resourceType: "OperationOutcome" }];
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (this.client && !(token && this.granted.has(token)))
      return [401, { resourceType: "OperationOutcome" }];
    const bundle = JSON.parse(body) as Bundle;
    const faults = url === "/r4" ? faultsOf(bundle) : [`nothing is at ${url}`];
    if (faults.length > 0) {
      this.refused.push(...faults);
      return [422, { resourceType: "OperationOutcome" }];
    }
    this.keys.push(headers["idempotency-key"] as string);
    const entry = bundle.entry.map(({ resource, request }) => {
      const status = this.kept.has(request.url) ? "200 OK" : "201 Created";
      this.kept.set(request.url, resource);
      return { response: { status } };
    });
    return [200, { resourceType: "Bundle", type: "transaction-response", entry }];
  }
}
