/** What a release's manifest.json holds, as strictly as makers write it: whoever checks one has it from a stranger. */
import { z } from "zod";
import { MAX_IMAGE_BYTES } from "../../protocol/release";
import { RELEASE_LEAVES } from "./releasekey";

/** Of the whole file. */
export const MAX_MANIFEST_BYTES = 65536;
const MAX_UINT32 = 0xffffffff;
const MAX_NAMES = 1000;

/** Folder names, and the wire's 24 characters, which a board has as well. */
export const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,23}$/;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
/** Of a board, or of a file in the release's folder: no path leads out of it. */
const plain = (most: number) =>
  z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z.+_-]*$/)
    .max(most);
const uint32 = z.int().min(0).max(MAX_UINT32);
const names = z.array(z.string().regex(/^[\w$./-]{1,64}$/)).max(MAX_NAMES);

const flashedFile = z.strictObject({
  file: plain(100),
  /** Espruino's Storage has names of at most 28 characters. */
  storage: z.string().regex(/^[0-9A-Za-z._-]{1,28}$/),
  bytes: z.int().min(1).max(MAX_IMAGE_BYTES),
  sha256: hex(32),
  crc32: uint32,
});

export const releaseManifestSchema = z.strictObject({
  name: z.literal("avnode"),
  version: z.string().regex(VERSION),
  commit: hex(20).nullable(),
  dirty: z.boolean(),
  board: plain(24),
  runtime: plain(40),
  runtimeVersion: plain(40),
  locked: z.boolean(),
  /** Application and boot code. */
  files: z.array(flashedFile).length(2),
  builtins: names,
  modules: names,
  release: z.strictObject({
    counter: z.int().min(1).max(MAX_UINT32),
    /** Unix seconds. */
    issued: uint32,
    /** Ed25519 public key. */
    maker: hex(32),
    /** LMS public key of 48 bytes, base64, as in the boot code. */
    key: z.string().regex(/^[0-9A-Za-z+/]{64}$/),
    leaf: z
      .int()
      .min(0)
      .max(RELEASE_LEAVES - 1),
    file: plain(100),
  }),
});

/** What it holds beside what a build's says is in `release`. */
export type ReleaseManifest = z.infer<typeof releaseManifestSchema>;
