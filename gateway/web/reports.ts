/** Reports for doctors, and forms that they answer on, made on a thread. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { formOf, reportRecording } from "../schema/reports";
import type { ApiParts } from "./parts";
import type { ReportMade, ReportOrder } from "./reportworker";
import { addRoute } from "./route";
import { answerOf, startThread } from "./thread";

export function addReports(app: FastifyInstance, { hub, dataDir, egress, clock }: ApiParts): void {
  const { reader } = hub;
  let running: ReturnType<typeof startThread> | undefined;
  app.addHook("onClose", async () => void (await running?.terminate()));

  const make = async (id: string, options: ReportOrder["options"]): Promise<Uint8Array> => {
    if (running)
      throw new Refused(503, "WEB_BUSY", "another report is being made; try again when it is done");
    const worker = startThread("reportworker", { dataDir, id, options } satisfies ReportOrder);
    running = worker;
    let made: ReportMade;
    try {
      made = await answerOf<ReportMade>(worker);
    } finally {
      running = undefined;
      await worker.terminate();
    }
    if ("code" in made) throw new Refused(422, made.code, made.message);
    return made.bytes;
  };

  addRoute(app, reportRecording, async ({ params, query }, request, reply) => {
    const { id, simulated } = reader.recording(params.id);
    const { paper, from, to, timeZone, language } = query;
    if (timeZone !== undefined) requireTimeZone(timeZone);
    const bytes = await make(id, { paper, from, to, timeZone, language, proof: query.proof === "yes" });
    const { role } = request.asker!;
    egress.tell({ kind: "export", to: role, address: request.ip, recording: id, detail: "report" });
    reply.headers({
      "content-type": "application/pdf",
      "content-disposition": `attachment; filename="${simulated ? "simulated" : "ecg"}-${id}.pdf"`,
    });
    return Buffer.from(bytes);
  });

  addRoute(app, formOf, async ({ params, query }, request, reply) => {
    const { id } = reader.recording(params.id);
    if (query.timeZone !== undefined) requireTimeZone(query.timeZone);
    const bytes = await make(id, { form: { ...query, now: clock.now() } });
    const { role } = request.asker!;
    egress.tell({ kind: "export", to: role, address: request.ip, recording: id, detail: "form" });
    reply.headers({
      // To be opened from a disk: here the page's own policy would be too strict for it.
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="answer-form-${id.slice(0, 8)}.html"`,
    });
    return Buffer.from(bytes);
  });
}

/** @throws Refused */
function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new Refused(
      400,
      "ACCESS_REQUEST",
      `there is no time zone '${timeZone}'; name one as Europe/Berlin`,
    );
  }
}
