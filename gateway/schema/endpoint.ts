/** What a route of the API is: shared by the server, which answers it, and the page, which asks it. */
import type { z } from "zod";

/** Media types of answers that are no JSON. */
export const BINARY = "application/octet-stream";
export const EVENT_STREAM = "text/event-stream";

export interface Endpoint {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters begin with a colon. */
  path: string;
  /** One line for the OpenAPI document. */
  summary: string;
  params?: z.ZodType;
  query?: z.ZodType;
  /** JSON, or bytes as they are. */
  body?: z.ZodType | typeof BINARY;
  /** The most of it, where that is more than 16 KiB. */
  bodyBytes?: number;
  /** Of a 2xx answer, as JSON unless it names a media type. */
  answer: z.ZodType | typeof BINARY | typeof EVENT_STREAM;
  /** Of an answer that is none of the refusals; 200 by default. */
  status?: number;
}

type Out<T> = T extends z.ZodType ? z.output<T> : T extends typeof BINARY ? Uint8Array : undefined;

/** A request as the server reads it, once it is checked. */
export interface Asked<E extends Endpoint> {
  params: Out<E["params"]>;
  query: Out<E["query"]>;
  body: Out<E["body"]>;
}

/** What the server gives as an answer: fields that the schema does not name never leave it. */
export type Given<E extends Endpoint> = E["answer"] extends z.ZodType ? z.input<E["answer"]> : unknown;

/** What the page reads. */
export type Answer<E extends Endpoint> = E["answer"] extends z.ZodType ? z.output<E["answer"]> : ArrayBuffer;
