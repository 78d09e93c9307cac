/** One way to add a route: what comes is checked by its schema, and what goes holds nothing that the schema does not name. */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { Refused } from "../access/guard";
import type { Asked, Endpoint, Given } from "../schema/endpoint";

type Handler<E extends Endpoint> = (
  asked: Asked<E>,
  request: FastifyRequest,
  reply: FastifyReply,
) => Given<E> | Promise<Given<E>>;

/** @param config of fastify's plugins, such as a rate limit of its own */
export function addRoute<E extends Endpoint>(
  app: FastifyInstance,
  endpoint: E,
  handle: Handler<E>,
  config: FastifyContextConfig = {},
): void {
  const { method, path: url, params, query, body, bodyBytes, answer, status = 200 } = endpoint;
  app.route({
    method,
    url,
    config,
    bodyLimit: bodyBytes,
    handler: async (request, reply) => {
      const asked = {
        params: params && read(params, request.params, "address"),
        query: query && read(query, request.query, "query"),
        body: typeof body === "string" ? bytesOf(request) : body && read(body, request.body, "body"),
      } as Asked<E>;
      const given = await handle(asked, request, reply);
      if (typeof answer === "string") return reply.sent ? reply : given;
      if (reply.statusCode === 200) reply.code(status);
      return reply.send(answer.parse(given));
    },
  });
}

function bytesOf({ body }: FastifyRequest): Uint8Array {
  if (body instanceof Uint8Array && body.length > 0) return body;
  throw new Refused(400, "ACCESS_REQUEST", "expected bytes, as application/octet-stream");
}

/** @throws Refused 400 with what is wrong, in words */
function read(schema: z.ZodType, value: unknown, where: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const said = error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${[where, ...path].join(".")}: ${message}`);
  throw new Refused(400, "ACCESS_REQUEST", said.join("; "));
}
