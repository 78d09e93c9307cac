/**
 * Takes the answer that came back on a form: an over-read, once. Its form was made here; who answered is what they wrote,
 * for whoever had the form could.
 */
import { z } from "zod";
import { toHex } from "../../protocol/bytes";
import { leafHash } from "../../protocol/merkle";
import { AdoptError } from "../adopt/error";
import { nodeCrypto } from "../crypto";
import { overRead } from "../schema/overreads";
import { codeOf } from "../store/errors";
import type { OverReadLayer } from "../store/layers/rows";
import type { Store } from "../store/store";
import { type FormHead, markOf, openHead, signedHeadSchema } from "./head";
import { overReadOf } from "./overread";

/** As the API takes them, with the head. */
export const MAX_ANSWER_BYTES = overRead.bodyBytes + 8192;

const answerSchema = z.strictObject({
  avnode: z.literal("answer/1"),
  form: signedHeadSchema,
  said: overRead.body,
});

export interface Taken {
  /** Of the recording. */
  id: string;
  /** This very answer was here already. */
  known: boolean;
  /** Who answered, as they wrote it. */
  name: string;
}

/** @param now Unix ms @throws AdoptError ADOPT_*; as Store.overRead does */
export function takeAnswer(store: Pick<Store, "reader" | "overRead">, bytes: Uint8Array, now: number): Taken {
  const { form, said } = parse(bytes);
  const head = openHead(store.reader.log, form);
  if (!head)
    throw new AdoptError(
      "ADOPT_FORM",
      "is an answer on a form that this hub did not make, or that was altered since",
      "adopt it on the hub whose form it is, or make a new form",
    );
  requireOpen(store, head, now);
  if (said.analysis !== undefined && said.analysis !== head.analysis?.number)
    throw new AdoptError("ADOPT_ANALYSIS", "judges findings that its form did not show", "make a new form");
  const { recording: id, nonce, label } = head;
  const layer: OverReadLayer = { ...saidOf(store, id, said), form: { id: nonce, label } };
  const before = store.reader.overReads(id).find((one) => one.form?.id === nonce);
  if (!before) store.overRead(id, layer);
  else if (!isSame(before, layer))
    throw new AdoptError(
      "ADOPT_ANSWERED",
      `is another answer on a form that ${before.name} answered already`,
      "make a new form for what is said in addition",
    );
  return { id, known: before !== undefined, name: said.name };
}

function parse(bytes: Uint8Array): z.output<typeof answerSchema> {
  if (bytes.length > MAX_ANSWER_BYTES)
    throw new AdoptError(
      "ADOPT_ANSWER_SIZE",
      `is longer than the ${MAX_ANSWER_BYTES} bytes of an answer`,
      "look which file came back",
    );
  try {
    return answerSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (error) {
    const what =
      error instanceof z.ZodError ? `${error.issues[0]!.path.join(".")} is wrong` : "it is no JSON";
    throw new AdoptError(
      "ADOPT_ANSWER",
      `is no answer that a form of avnode made (${what})`,
      "ask for the file once more, as it was saved",
    );
  }
}

/** @throws AdoptError unless the form may still be answered, about what its reader saw */
function requireOpen({ reader }: Pick<Store, "reader">, head: FormHead, now: number): void {
  const { recording: id, expiresAt, leaf } = head;
  if (now >= expiresAt)
    throw new AdoptError(
      "ADOPT_EXPIRED",
      `answers a form that was open until ${new Date(expiresAt).toISOString()}`,
      "make a new form",
    );
  const known = reader.recordings().find((one) => one.id === id);
  if (!known)
    throw new AdoptError(
      "ADOPT_RECORDING",
      `is about recording ${id}, which is not here`,
      "restore it from a backup first",
    );
  if (known.erasedAt !== undefined)
    throw new AdoptError(
      "ADOPT_ERASED",
      `is about recording ${id}, which its owner erased`,
      "nothing is left for it to be kept beside",
    );
  const person = reader.personOf(id);
  if (!person)
    throw new AdoptError(
      "ADOPT_UNASSIGNED",
      `is about recording ${id}, which is nobody's at the moment`,
      "say whose it is first, on the page under 'Belongs to'",
    );
  if (markOf(reader, id, person.id) !== head.person)
    throw new AdoptError(
      "ADOPT_REASSIGNED",
      `is about recording ${id} as another person's, whose it was when the form was made`,
      "make a new form",
    );
  const place = reader.log.place(id);
  if (!place || toHex(leafHash(nodeCrypto.sha256, place.leaf)) !== leaf)
    throw new AdoptError(
      "ADOPT_CHANGED",
      `is about recording ${id} as it was before more of it came`,
      "make a new form",
    );
}

function saidOf(store: Pick<Store, "reader">, ...[id, said]: [string, z.output<typeof overRead.body>]) {
  try {
    return overReadOf(store.reader, id, said);
  } catch (error) {
    if (!codeOf(error).startsWith("OVERREAD_")) throw error;
    throw new AdoptError("ADOPT_SAID", (error as Error).message, "ask for the answer once more");
  }
}

function isSame(a: OverReadLayer, b: OverReadLayer): boolean {
  const said = ({ name, findings, comment }: OverReadLayer) => JSON.stringify([name, findings, comment]);
  return said(a) === said(b);
}
