/** What several answers have in common. */
import { z } from "zod";

/** How every refusal looks. Codes are stable, texts are for people. */
export const problemSchema = z.object({ code: z.string(), message: z.string() });
export type Problem = z.infer<typeof problemSchema>;

export const nothingSchema = z.object({});

/** That documents are in. */
export const languageSchema = z.enum(["en", "de", "fr"]);

/** Unix time in ms. */
export const timeSchema = z.int().describe("Unix time in ms");

/** A sample's number, per lead from the recording's start, gaps included. */
export const sampleSchema = z.int().nonnegative();

/**
 * Control characters draw over a terminal that lists the name, and a change of writing direction that nothing ends over
 * what stands beside it. Joiners stay: Persian and Hindi names, among others, are written with them.
 */
const DRAWS_OVER = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What somebody writes into one line: a name, a note. */
export const lineSchema = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .refine((text) => !DRAWS_OVER.test(text), "expected one line of visible characters");

/** What somebody writes into several lines. */
export const proseSchema = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .refine((text) => !DRAWS_OVER.test(text.replace(/[\r\n\t]/g, "")), "expected visible characters");

/** In an address, where everything is text. */
export const wholeNumberText = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, "expected a whole number")
  .transform(Number);

/** An id, its first characters, or device-epoch-number. */
export const recordingParams = z.strictObject({ id: z.string().max(64) });
/** 16 hex digits. */
export const deviceParams = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hex digits"),
});
