/** Every decoder of bytes that come from outside. */
import type { Target } from "../target";
import { adopted } from "./adopted";
import { blocks } from "./blocks";
import { broker } from "./broker";
import { connections } from "./connections";
import { copies } from "./copies";
import { files } from "./files";
import { frames } from "./frames";
import { https } from "./http";
import { layouts } from "./layouts";
import { log } from "./log";
import { proofs } from "./proofs";
import { signed } from "./signed";
import { texts } from "./texts";
import { wfdb } from "./wfdb";

export const targets: Target[] = [
  ...layouts,
  ...signed,
  ...log,
  ...proofs,
  ...frames,
  ...blocks,
  ...broker,
  ...connections,
  ...https,
  ...texts,
  ...wfdb,
  ...files,
  ...copies,
  ...adopted,
];
