/** An SMTP server of our own (RFC 5321, STARTTLS, AUTH PLAIN) on loopback that misbehaves when it is told to. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

export type Misbehaviour =
  /** Takes the connection and says nothing, ever. */
  | "hang"
  /** 550 at RCPT TO. */
  | "refuse"
  /** 451 at RCPT TO: come again later. */
  | "greylist"
  /** Keeps the mail and closes the connection before it answers. */
  | "drop-after-data"
  /** 554 after DATA. */
  | "reject-data";

export interface Got {
  from: string;
  to: string;
  data: string;
  tls: boolean;
  user?: string;
  password?: string;
}

export class SmtpServer {
  readonly mails: Got[] = [];
  /** Who said a password. */
  readonly logins: string[] = [];
  connections = 0;
  misbehaviour: Misbehaviour | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly tls: { cert: string; key: string } | undefined,
  ) {}

  static async start(tls?: { cert: string; key: string }, port = 0): Promise<SmtpServer> {
    const server = createServer();
    const smtp = new SmtpServer(server, tls);
    server.on("connection", (socket) => smtp.serve(socket));
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
    return smtp;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private serve(plain: Socket): void {
    this.connections++;
    this.sockets.add(plain);
    plain.on("error", () => {});
    plain.on("close", () => this.sockets.delete(plain));
    if (this.misbehaviour === "hang") return;
    let socket: Socket = plain;
    let rest = "";
    let mail: Got = { from: "", to: "", data: "", tls: false };
    let inData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const end = () => {
      inData = false;
      if (this.misbehaviour === "reject-data") return say("554 5.7.1 not here");
      this.mails.push(mail);
      if (this.misbehaviour === "drop-after-data") return socket.destroy();
      return say("250 2.0.0 kept");
    };
    const command = (line: string): unknown => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO")
        return say(this.tls && !mail.tls ? "250-test\r\n250 STARTTLS" : "250-test\r\n250 AUTH PLAIN");
      if (verb === "STAR" && this.tls) {
        say("220 go on");
        plain.removeAllListeners("data");
        socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(this.tls) });
        socket.on("error", () => {});
        mail.tls = true;
        return socket.on("data", take);
      }
      if (verb === "AUTH") {
        const [, user, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
          .toString()
          .split("\0");
        mail = { ...mail, user, password };
        this.logins.push(user!);
        return say("235 2.7.0 known");
      }
      if (verb === "MAIL") {
        mail = { ...mail, from: line.slice(10) };
        return say("250 2.1.0 so be it");
      }
      if (verb === "RCPT") {
        if (this.misbehaviour === "refuse") return say("550 5.1.1 nobody of that name");
        if (this.misbehaviour === "greylist") return say("451 4.7.1 come again later");
        mail.to = line.slice(8);
        return say("250 2.1.5 so be it");
      }
      if (verb === "DATA") {
        inData = true;
        return say("354 go on");
      }
      if (verb === "QUIT") return socket.end("221 bye\r\n");
      return say("250 so be it");
    };
    const take = (bytes: Buffer) => {
      rest += bytes.toString("latin1");
      for (let at = rest.indexOf("\r\n"); at >= 0; at = rest.indexOf("\r\n")) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        if (inData && line === ".") end();
        else if (inData) mail.data += `${line.replace(/^\.\./, ".")}\r\n`;
        else command(line);
      }
    };
    plain.on("data", take);
    say("220 test");
  }
}

/** The first part of that type (RFC 2045), out of its base64. */
export function attachmentOf(mail: string, type: string): Buffer {
  const part = new RegExp(`^Content-Type: ${type};[^]*?\\r\\n\\r\\n([^]*?)\\r\\n--`, "m").exec(mail);
  return Buffer.from(part?.[1] ?? "", "base64");
}
