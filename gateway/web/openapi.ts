/** The API as an OpenAPI 3.1 document, made from the schemas that the server itself checks by. */
import { z } from "zod";
import { RULES } from "../access/rules";
import { problemSchema } from "../schema/common";
import { type Endpoint, EVENT_STREAM } from "../schema/endpoint";
import { ENDPOINTS } from "../schema/endpoints";

let made: ReturnType<typeof describe> | undefined;

/** Made when somebody first asks. */
export function openApi(): ReturnType<typeof describe> {
  made ??= describe();
  return made;
}

function describe() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    paths[path][endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "avnode hub",
      version: "1",
      description:
        "Of the hub on this network. A request that changes something needs the session's cookie, the header x-avnode-csrf and the page's own origin.",
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, "output") },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "avnode-session" },
        link: { type: "http", scheme: "bearer", description: "a clinician's link: what stands behind its #" },
      },
    },
  };
}

function operationOf(endpoint: Endpoint) {
  const { method, path, summary, params, query, body, answer, status = 200 } = endpoint;
  const bytes = { schema: { type: "string", format: "binary" } };
  const rule = RULES[`${method} ${path}`]!;
  const content =
    typeof answer === "string"
      ? { [answer]: answer === EVENT_STREAM ? {} : bytes }
      : { "application/json": { schema: schemaOf(answer, "output") } };
  return {
    summary,
    parameters: [...parametersOf(params, "path"), ...parametersOf(query, "query")],
    ...(body && {
      requestBody: {
        required: true,
        content:
          typeof body === "string"
            ? { [body]: bytes }
            : { "application/json": { schema: schemaOf(body, "input") } },
      },
    }),
    responses: {
      [status]: { description: "done", content },
      default: {
        description: "refused",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
    ...(typeof rule === "string"
      ? { security: [] }
      : {
          security: [{ session: [] }, ...(rule.includes("clinician") ? [{ link: [] }] : [])],
          "x-roles": rule,
        }),
  };
}

function parametersOf(of: z.ZodType | undefined, place: "path" | "query") {
  if (!of) return [];
  const { properties = {}, required = [] } = schemaOf(of, "input");
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema,
  }));
}

function schemaOf(of: z.ZodType, io: "input" | "output") {
  const { $schema: _, "~standard": __, ...schema } = z.toJSONSchema(of, { io }) as Record<string, unknown>;
  return schema as { properties?: Record<string, unknown>; required?: string[] };
}
