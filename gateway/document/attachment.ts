/** The proof inside a PDF: the one file that is attached to it. No Node in here, since the page that verifies takes it too. */
import { refusal } from "../../protocol/refusal";

export interface Attached {
  /** As it lies in the PDF. */
  bytes: Uint8Array;
  /** True: zlib (RFC 1950) is to be undone. */
  deflated: boolean;
}

/** Beyond this no dictionary of a stream goes. */
const MAX_DICTIONARY = 4096;
/** Up to MAX_DICTIONARY letters are looked at of each. A day's report has a few thousand. */
const MAX_OBJECTS = 100_000;
const DELIMITER = "[\\s/<>()\\[\\]]";
const EMBEDDED = new RegExp(`/EmbeddedFile(?=${DELIMITER})`);
/** Where a file's description says which stream holds it (ISO 32000-1, table 44). */
const EF = new RegExp(`/EF(?=${DELIMITER})`, "g");
const TARGETS = /^\/EF\s*<<\s*((?:\/\w+\s+\d+\s+\d+\s+R\s*)+)>>/;

/**
 * Goes from object to object as they stand in the file; one that a later version of it replaced counts, too, and whatever
 * the file describes as an attachment must be the one found, so that nobody is shown the verdict on another file than the
 * reader's program takes out.
 * @returns undefined for a PDF without attachments
 * @throws PDF_FORM, PDF_ENCRYPTED, PDF_ATTACHMENTS, PDF_FILTER
 */
export function attachedProof(pdf: Uint8Array): Attached | undefined {
  if (!isPdf(pdf)) throw refusal("PDF_FORM", "this is no PDF");
  // A letter a byte: offsets of the text are offsets of the file.
  const text = new TextDecoder("latin1").decode(pdf);
  const found: (Attached & { name: string })[] = [];
  const defined = new Map<string, number>();
  /** Between the streams. */
  const outside: string[] = [];
  let outsideFrom = 0;
  let isPacked = false;
  const lengths = new Lengths(text);
  const object = /\b\d{1,10}[ \t\r\n]{1,4}\d{1,5}[ \t\r\n]{1,4}obj\b|\btrailer\b/g;
  for (let count = 0; ; count++) {
    const begin = object.exec(text);
    if (!begin) break;
    if (count === MAX_OBJECTS) throw refusal("PDF_FORM", "the PDF has more objects than a report");
    const from = begin.index + begin[0].length;
    const name = begin[0].split(/\s+/, 2).map(Number).join(" ");
    defined.set(name, (defined.get(name) ?? 0) + 1);
    const { dictionary, body } = headOf(text, from);
    if (/\/Encrypt(?=[\s/<])/.test(dictionary) && (begin[0] === "trailer" || /\/XRef\b/.test(dictionary))) {
      throw refusal(
        "PDF_ENCRYPTED",
        "the PDF is encrypted: open it in your PDF reader, save the attachment proof.avnode, and bring that file here",
      );
    }
    if (body === undefined) continue;
    const end = endOf(text, dictionary, body, lengths);
    if (EMBEDDED.test(dictionary)) found.push({ name, ...attachedOf(pdf, dictionary, body, end) });
    if (/\/ObjStm\b/.test(dictionary)) isPacked = true;
    outside.push(text.slice(outsideFrom, body));
    outsideFrom = end;
    object.lastIndex = end;
  }
  if (found.length > 1) throw unclear(`has ${found.length} attachments`);
  const [only] = found;
  if (!only) return undefined;
  if (isPacked) throw unclear("is packed, so that what it attaches cannot be seen");
  outside.push(text.slice(outsideFrom));
  const targets = targetsIn(unescaped(outside.join(" ")));
  if (targets.length === 0 || defined.get(only.name) !== 1 || targets.some((target) => target !== only.name))
    throw unclear("describes another attachment than the one in it");
  return { bytes: only.bytes, deflated: only.deflated };
}

/** Numbers of what is described as attached; what is described in another way is none that is found. */
function targetsIn(text: string): (string | undefined)[] {
  return [...text.matchAll(EF)].flatMap(({ index }) => {
    const [, references] = TARGETS.exec(text.slice(index, index + MAX_DICTIONARY)) ?? [];
    const named = references?.matchAll(/\s(\d+)\s+(\d+)\s+R/g);
    return named
      ? [...named].map(([, object, generation]) => `${Number(object)} ${Number(generation)}`)
      : [undefined];
  });
}

/** A name may be written with any of its letters as #xx (ISO 32000-1, 7.3.5). */
function unescaped(text: string): string {
  return text.replace(/#([0-9a-fA-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function unclear(what: string): Error {
  return refusal(
    "PDF_ATTACHMENTS",
    `the PDF ${what}: save proof.avnode with your PDF reader, and bring that file here`,
  );
}

export function isPdf(bytes: Uint8Array): boolean {
  return bytes.length > 5 && String.fromCharCode(...bytes.subarray(0, 5)) === "%PDF-";
}

/** @returns what stands before the stream, and where its bytes begin; undefined for an object without one */
function headOf(text: string, from: number): { dictionary: string; body?: number } {
  const near = text.slice(from, from + MAX_DICTIONARY);
  // Not the end of "/Subtype /application#2Foctet-stream".
  const end = /[\s>]stream\r?\n|\bendobj\b|\bstartxref\b/.exec(near);
  if (!end) return { dictionary: near };
  const dictionary = unescaped(near.slice(0, end.index));
  return /stream/.test(end[0]) ? { dictionary, body: from + end.index + end[0].length } : { dictionary };
}

/** Objects that are one number, as the length of a stream may be: read in one go, for every stream may name one. */
class Lengths {
  private known: Map<string, number> | undefined;

  constructor(private readonly text: string) {}

  /** Of the first object of that number in the file. @throws PDF_FORM */
  of(object: string, generation: string): number | undefined {
    this.known ??= this.all();
    return this.known.get(`${object} ${generation}`);
  }

  private all(): Map<string, number> {
    const known = new Map<string, number>();
    for (const [, object, generation, value] of this.text.matchAll(
      /(?:^|[\r\n])(\d{1,12})\s+(\d{1,5})\s+obj\s+(\d{1,12})\s+endobj/g,
    )) {
      if (known.size === MAX_OBJECTS) throw refusal("PDF_FORM", "the PDF has more objects than a report");
      const name = `${object} ${generation}`;
      if (!known.has(name)) known.set(name, Number(value));
    }
    return known;
  }
}

/** The stream's length as it says itself, wherever that stands. */
function endOf(text: string, dictionary: string, body: number, lengths: Lengths): number {
  const [, first, generation] = /\/Length\s+(\d{1,12})(?:\s+(\d{1,5})\s+R\b)?/.exec(dictionary) ?? [];
  const length = generation === undefined ? Number(first) : (lengths.of(first!, generation) ?? Number.NaN);
  const end = body + length;
  if (!(end <= text.length) || !/^\s{0,2}endstream/.test(text.slice(end, end + 12)))
    throw refusal("PDF_FORM", "the PDF is damaged: a stream in it does not end where it says");
  return end;
}

function attachedOf(pdf: Uint8Array, dictionary: string, body: number, end: number): Attached {
  const [, filter] = /\/Filter\s*(\/\w+|\[[^\]]*\])/.exec(dictionary) ?? [];
  const names = filter?.match(/\w+/g) ?? [];
  if (
    names.length > 1 ||
    (names.length === 1 && names[0] !== "FlateDecode") ||
    /\/DecodeParms/.test(dictionary)
  ) {
    throw refusal(
      "PDF_FILTER",
      "the attachment is packed in a way that is not read here: save proof.avnode with your PDF reader, and bring that file here",
    );
  }
  return { bytes: pdf.subarray(body, end), deflated: names.length === 1 };
}
