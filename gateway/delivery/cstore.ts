/**
 * DICOM objects stored in an archive (C-STORE, PS3.4 §B), byte for byte as they are in their files. All in one
 * association, one after the other; an object that is there already is there once, for its UID is made of what it holds.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  associateRequest,
  contextOf,
  dataUnit,
  FRAGMENT_HEAD,
  type Part10,
  PDU_HEAD,
  Pdu,
  readAccept,
  readFragments,
  readPart10,
  readStoreAnswer,
  releaseRequest,
  storeRequest,
} from "./dimse";
import { DeliveryError } from "./error";

export interface DicomNode {
  host: string;
  port: number;
  /** The archive's, and ours as it knows it. */
  aeTitle: string;
  callingAeTitle: string;
  /** Undefined is plain. Certificates as PEM; without `ca` those that the system trusts. */
  tls?: { ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer };
}

export interface Patience {
  /** Without a byte from or to the archive. */
  idleMs: number;
  wholeMs: number;
}

const PATIENCE: Patience = { idleMs: 60_000, wholeMs: 3_600_000 };
/** Longest unit that we hear, and longest that we say, whatever the archive would take. */
const MAX_HEARD = 1 << 20;
const MAX_SAID = 1 << 17;
/** So many kinds of object fit into one association (contexts have odd numbers of one byte). */
const MAX_CLASSES = 128;

/**
 * @param files of part 10
 * @throws DeliveryError DICOM_FILE, DICOM_TITLE, DICOM_UNREACHABLE, DICOM_REJECTED, DICOM_CLASS, DICOM_STATUS,
 * DICOM_SILENT, DICOM_BROKEN
 */
export async function storeDicom(files: Uint8Array[], node: DicomNode, patience = PATIENCE): Promise<void> {
  for (const title of [node.aeTitle, node.callingAeTitle])
    if (!/^[!-[\]-~][ -[\]-~]{0,15}$/.test(title))
      throw new DeliveryError(
        "DICOM_TITLE",
        `"${title}" is no AE title: give 1 to 16 letters or digits, as the archive's manager names them`,
        false,
      );
  const objects = files.map(taken);
  const classes = [...new Set(objects.map(({ sopClass }) => sopClass))].slice(0, MAX_CLASSES);
  const line = new Line(node, patience);
  try {
    await line.say(associateRequest({ called: node.aeTitle, calling: node.callingAeTitle }, classes));
    const { results, maxLength } = await accepted(line, node);
    // Fragments are even (PS3.8 §9.3.5.1), whatever the archive's limit is.
    const most = (Math.min(MAX_SAID, maxLength || MAX_SAID) + PDU_HEAD - FRAGMENT_HEAD) & ~1;
    if (most < 2) throw broken(node, `it takes units of ${maxLength} bytes`);
    const contextFor = ({ sopClass }: Part10) => {
      const context = contextOf(classes.indexOf(sopClass));
      if (results.get(context) === 0) return context;
      throw new DeliveryError(
        "DICOM_CLASS",
        `${where(node)} does not store objects of class ${sopClass}: ask its manager to allow them`,
        false,
      );
    };
    // All are asked for before the first is stored: a waveform without its report is half a delivery.
    const contexts = objects.map(contextFor);
    for (const [index, object] of objects.entries())
      await store(line, node, { object, most, context: contexts[index]!, message: (index + 1) & 0xffff });
    await release(line);
  } finally {
    line.end();
  }
}

function taken(file: Uint8Array): Part10 {
  try {
    return readPart10(file);
  } catch (error) {
    const why = error instanceof RangeError ? error.message : String(error);
    throw new DeliveryError("DICOM_FILE", `cannot store ${why}`, false);
  }
}

async function accepted(line: Line, node: DicomNode) {
  const { type, body } = await line.hear();
  if (type === Pdu.accept) return heard(node, () => readAccept(body));
  if (type !== Pdu.reject) throw broken(node, `it answers an association with unit ${type}`);
  const [, result, source, reason] = body;
  const isTransient = result === 2;
  const why =
    source === 1 && reason === 7
      ? `does not know the AE title ${node.aeTitle}: correct it`
      : source === 1 && reason === 3
        ? `does not know us as ${node.callingAeTitle}: ask its manager to add that AE title`
        : `wants no association (source ${source}, reason ${reason})`;
  throw new DeliveryError("DICOM_REJECTED", `${where(node)} ${why}`, isTransient);
}

interface Storing {
  object: Part10;
  context: number;
  message: number;
  /** Longest fragment. */
  most: number;
}

async function store(line: Line, node: DicomNode, { object, context, message, most }: Storing) {
  const { sopClass, instance, dataSet } = object;
  const command = storeRequest(message, sopClass, instance);
  for (const [isCommand, bytes] of [
    [true, command],
    [false, dataSet],
  ] as const)
    for (let at = 0; at < bytes.length; at += most)
      await line.say(dataUnit(context, isCommand, at + most >= bytes.length, bytes.subarray(at, at + most)));
  const answer = await answered(line, node);
  if (answer.message !== message) throw broken(node, "it answers what was not asked");
  requireStored(node, answer.status);
}

async function answered(line: Line, node: DicomNode) {
  const said: Buffer[] = [];
  for (let length = 0; length < MAX_HEARD; ) {
    const { type, body } = await line.hear();
    if (type !== Pdu.data) throw broken(node, type === Pdu.abort ? "it aborts" : `it says unit ${type}`);
    for (const { isCommand, isLast, value } of heard(node, () => readFragments(body))) {
      if (!isCommand) throw broken(node, "it answers with a data set");
      said.push(value);
      length += value.length;
      if (isLast) return heard(node, () => readStoreAnswer(Buffer.concat(said)));
    }
  }
  throw broken(node, "its answer does not end");
}

/** PS3.4 §B.2.3 and PS3.7 annex C. */
function requireStored(node: DicomNode, status: number): void {
  // Stored, stored with a remark, or there already.
  if (status === 0 || [0x0001, 0x0107, 0x0111, 0x0116].includes(status) || status >> 12 === 0xb) return;
  const hex = status.toString(16).toUpperCase().padStart(4, "0");
  const isFull = status >> 8 === 0xa7;
  const what = isFull ? "is full" : status === 0x0124 ? "does not let us store" : "refuses the object";
  throw new DeliveryError(
    "DICOM_STATUS",
    `${where(node)} ${what} (status ${hex}): ask its manager`,
    isFull || status === 0x0110 || status === 0x0213,
  );
}

/** Everything is stored: an archive that goes without a word has lost nothing of it. */
async function release(line: Line): Promise<void> {
  try {
    await line.say(releaseRequest());
    await line.hear();
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
  }
}

function heard<T>(node: DicomNode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw broken(node, error.message);
    throw error;
  }
}

const where = ({ host, port, aeTitle }: DicomNode) => `DICOM node ${aeTitle} at ${host}:${port}`;

function broken(node: DicomNode, why: string): DeliveryError {
  return new DeliveryError("DICOM_BROKEN", `${where(node)} breaks off: ${why}`, true);
}

/** A connection as a sequence of units, said and heard; nothing on it lasts for ever. */
class Line {
  private readonly socket: Socket;
  private readonly deadline: NodeJS.Timeout;
  private unread = Buffer.alloc(0);
  private failure?: DeliveryError;
  private isOpen = false;
  /** Whoever waits for the other side. */
  private wake = () => {};

  constructor(
    private readonly node: DicomNode,
    patience: Patience,
  ) {
    const { host, port, tls } = node;
    const isName = !/^[\d.]+$|:/.test(host);
    this.socket = tls
      ? connectTls({ host, port, ...tls, ...(isName && { servername: host }), minVersion: "TLSv1.2" })
      : connect({ host, port });
    const silent = (ms: number, what: string) => () =>
      this.fail(new DeliveryError("DICOM_SILENT", `${where(node)} ${what} ${ms / 1000} s`, true));
    this.socket
      .once(tls ? "secureConnect" : "connect", () => {
        this.isOpen = true;
        this.wake();
      })
      .on("data", (bytes: Buffer) => {
        this.unread = Buffer.concat([this.unread, bytes]);
        // What is heard is short: more than this is said to fill the memory.
        if (this.unread.length > 2 * MAX_HEARD) this.fail(broken(node, "it says too much"));
        this.wake();
      })
      .on("drain", () => this.wake())
      .on("error", (error) => this.fail(this.lost(error.message)))
      .on("close", () => this.fail(this.lost("it hangs up")))
      .setTimeout(patience.idleMs, silent(patience.idleMs, "was silent for"));
    this.deadline = setTimeout(silent(patience.wholeMs, "did not end within"), patience.wholeMs);
  }

  /** Until there is room for more. */
  async say(bytes: Uint8Array): Promise<void> {
    await this.until(() => this.isOpen);
    this.socket.write(bytes);
    await this.until(() => !this.socket.writableNeedDrain);
  }

  async hear(): Promise<{ type: number; body: Buffer }> {
    await this.until(() => this.unread.length >= PDU_HEAD);
    const length = this.unread.readUInt32BE(2);
    if (length > MAX_HEARD) throw broken(this.node, `it says a unit of ${length} bytes`);
    const end = PDU_HEAD + length;
    await this.until(() => this.unread.length >= end);
    const type = this.unread[0]!;
    const body = this.unread.subarray(PDU_HEAD, end);
    this.unread = this.unread.subarray(end);
    return { type, body };
  }

  end(): void {
    clearTimeout(this.deadline);
    this.socket.destroy();
  }

  private lost(why: string): DeliveryError {
    if (this.isOpen) return broken(this.node, why);
    return new DeliveryError("DICOM_UNREACHABLE", `${where(this.node)} cannot be reached: ${why}`, true);
  }

  private fail(error: DeliveryError): void {
    this.failure ??= error;
    this.wake();
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    }
  }
}
