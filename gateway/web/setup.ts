/** The first run, from the first password on, and changes of passwords. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isHere, Refused } from "../access/guard";
import { readKeys } from "../backup/keyfile";
import { copiesBeside } from "../backup/status";
import * as schema from "../schema/setup";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";
import { guessed, letIn } from "./session";
import { answerOf, startThread } from "./thread";

export function addSetup(app: FastifyInstance, parts: ApiParts): void {
  const { hub, passwords, steps, setupCode, clock, dataDir } = parts;
  let making = false;

  addRoute(app, schema.setup, (_asked, request) => ({
    password: passwords.has("owner"),
    open: parts.open && !passwords.has("owner") && isHere(request),
    demo: isDemo(parts),
  }));

  addRoute(app, schema.setFirstPassword, async ({ body }, request, reply) => {
    await guessed("setup", request, reply, parts, async () => {
      if (setupCode.matches(body.code)) return;
      parts.tally.count("setup", "refused a set-up code");
      throw new Refused(401, "ACCESS_SETUP_CODE", "that is not the code that 'avnode start' printed last");
    });
    await passwords.setFirst(body.password);
    return letIn("owner", request, reply, parts);
  });

  /** Of what a borrowed session must not do. */
  const ownerAgain = (current: string, request: FastifyRequest, reply: FastifyReply) =>
    guessed("owner", request, reply, parts, async () => {
      if (await passwords.verify("owner", current)) return;
      parts.tally.count("login", "refused a password");
      throw new Refused(401, "ACCESS_LOGIN", "the owner's present password is another");
    });

  addRoute(app, schema.changePassword, async ({ body }, request, reply) => {
    await ownerAgain(body.current, request, reply);
    await passwords.set(body.role, body.password);
    return {};
  });

  const isDone: Record<schema.SetupStep, () => boolean> = {
    password: () => passwords.has("owner"),
    claim: () => hub.reader.devices().length > 0,
    person: () => hub.reader.people().length > 0,
    recovery: () => steps.get("recovery")?.state === "done" && hasCode(dataDir),
    backup: () =>
      copiesBeside(dataDir, clock.now()).some(
        ({ kind, verifiedAt }) => kind !== "mirror" && verifiedAt !== undefined,
      ),
  };

  addRoute(app, schema.setupSteps, () => {
    const all = schema.stepSchema.options.map((step) => {
      const settled = steps.get(step);
      const state = isDone[step]() ? "done" : settled?.state === "skipped" ? "skipped" : "open";
      return { step, state, at: settled?.at } as const;
    });
    const next = all.find(({ state }) => state === "open")?.step;
    return { steps: all, next: hub.reader.kind === "home" ? next : undefined };
  });

  addRoute(app, schema.settleStep, ({ params: { step }, body: { state } }) => {
    if (state === "done" && step !== "recovery")
      throw new Refused(400, "WEB_STEP", `whether ${step} is done, the hub sees by itself`);
    if (state === "done" && !hasCode(dataDir))
      throw new Refused(409, "WEB_NO_RECOVERY_CODE", "there is no recovery code yet: make one first");
    steps.set(step, state === "open" ? undefined : state);
    return {};
  });

  addRoute(app, schema.makeRecoveryCode, async ({ body }, request, reply) => {
    const isRenewed = hasCode(dataDir);
    if (!body.renew && isRenewed)
      throw new Refused(
        409,
        "WEB_RECOVERY_CODE",
        "there is a recovery code, which was told once; a new one is for the backups to come",
      );
    if (isRenewed && passwords.has("owner")) await ownerAgain(body.current ?? "", request, reply);
    if (making) throw new Refused(503, "WEB_BUSY", "a recovery code is being made");
    making = true;
    try {
      const code = await answerOf<string>(startThread("recoveryworker", { dataDir }));
      // The sheet in the drawer is of another code now.
      steps.set("recovery", undefined);
      return { code, at: clock.now() };
    } finally {
      making = false;
    }
  });
}

function hasCode(dataDir: string): boolean {
  return readKeys(dataDir).backupKey !== undefined;
}
