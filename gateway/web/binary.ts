/** Answers of bytes: by tag and by range. */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { rangeOf } from "./byterange";

const ETAG_CHARS = 22;

/**
 * By its content: a window of what is past keeps its tag while the recording grows. No browser is to keep it on its
 * disk (no-store): the page keeps tags and bytes in memory.
 */
export function answerBytes(
  bytes: Buffer,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Buffer | string {
  const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, ETAG_CHARS)}"`;
  reply.headers({ etag: tag, "accept-ranges": "bytes" });
  const known = headers["if-none-match"];
  if (known?.split(",").some((one) => one.trim().replace(/^W\//, "") === tag)) {
    reply.code(304);
    return "";
  }
  const isOld = headers["if-range"] !== undefined && headers["if-range"] !== tag;
  const range = isOld ? undefined : rangeOf(headers.range, bytes.length);
  if (range === undefined) return bytes;
  if (range === "unsatisfiable") {
    reply.code(416).header("content-range", `bytes */${bytes.length}`);
    return "";
  }
  reply.code(206).header("content-range", `bytes ${range.from}-${range.to - 1}/${bytes.length}`);
  return bytes.subarray(range.from, range.to);
}
