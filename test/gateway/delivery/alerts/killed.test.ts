import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { AlertBook } from "../../../../gateway/delivery/alerts/book";
import { Rig } from "../../store/rig";
import { SmtpServer } from "../smtpserver";

describe("alerts killed with SIGKILL", function () {
  this.timeout(120_000);
  let rig: Rig;
  let smtp: SmtpServer;
  beforeEach(async () => {
    rig = new Rig();
    rig.time.restore();
    smtp = await SmtpServer.start();
    const book = AlertBook.open(rig.dataDir, true, () => {});
    book.add(
      {
        ...{ kind: "mail", to: "ada@home.example", from: "hub@home.example", security: "plain" },
        ...{ host: "127.0.0.1", port: smtp.port },
      },
      ["hub"],
    );
    book.close();
  });
  afterEach(async () => {
    rig.end();
    await smtp.stop();
  });

  const run = async (point: string) => {
    const args = ["-r", "ts-node/register/transpile-only", join(__dirname, "killedalerts.ts")];
    const child = spawn(process.execPath, [...args, rig.dataDir, point]);
    let said = "";
    child.stderr.on("data", (bytes) => (said += bytes));
    const [code, signal] = await once(child, "close");
    return { end: signal ?? code, said };
  };

  for (const point of ["seen", "kept", "leaving", "connected", "answered", "noted"])
    it(`at "${point}" are told ${point === "answered" ? "twice at most" : "once"}`, async () => {
      if (point === "connected") smtp.misbehaviour = "hang";
      const { end, said } = await run(point);
      assert.equal(end, "SIGKILL", said);
      smtp.misbehaviour = undefined;
      const again = await run("end");
      assert.equal(again.end, 0, again.said);
      // The server's answer was on its way to a note that was never written: SMTP knows no way to ask.
      assert.equal(smtp.mails.length, point === "answered" ? 2 : 1);
    });
});
