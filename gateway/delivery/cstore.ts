/** DICOM C-STORE (PS3.4 §B): objects to an archive, which answers for each of them. */
import type { association, Dataset } from "dcmjs-dimse";
import { DeliveryError } from "./error";

type Association = association.Association;
type PresentationContext = association.PresentationContext;

export interface DicomNode {
  host: string;
  port: number;
  /** Of the archive, and of this hub: the archive may know neither. */
  aeTitle: string;
  callingAeTitle: string;
  /** Undefined for a connection that anybody on the way can read. PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
}

const CONNECT_MS = 20_000;
const ANSWER_MS = 60_000;
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
/** Preamble, "DICM", and the group length element, whose value is its last four bytes. */
const META_AT = 144;

/**
 * All of them, in one association. An instance that the archive has already is not there twice.
 * @param files of DICOM part 10, explicit VR little endian
 * @param answerMs how long the archive may take to answer for each
 * @throws DeliveryError DELIVERY_DICOM, by the first answer that is no success
 */
export async function storeDicom(files: Uint8Array[], node: DicomNode, answerMs = ANSWER_MS): Promise<void> {
  const { Client, Dataset, constants, log, requests } =
    require("dcmjs-dimse") as typeof import("dcmjs-dimse");
  log.setLevel("silent");
  const client = new Client();
  const failures: DeliveryError[] = [];
  let answered = 0;
  for (const file of files) {
    const request = new requests.CStoreRequest(dataSetOf(file, Dataset));
    request.on("response", (response) => {
      const status = response.getStatus();
      if (status === constants.Status.Pending) return;
      answered++;
      const failure = failureOf(status, response.getErrorComment());
      if (failure) failures.push(failure);
    });
    client.addRequest(request);
  }
  await new Promise<void>((resolve) => {
    const fail = (why: string, retry: boolean, cause?: unknown) => {
      failures.push(
        new DeliveryError("DELIVERY_DICOM", `${node.host}:${node.port}: ${why}`, retry, { cause }),
      );
      resolve();
    };
    client.on("networkError", (error: Error) => fail(error.message, true, error));
    client.on("associationRejected", ({ result, reason }: Rejection) => {
      const { why, retry } = rejectionOf({ result, reason }, node, constants);
      fail(why, retry);
    });
    client.on("associationAccepted", (association: Association) => {
      const isTaken = ({ context }: { context: PresentationContext }) =>
        context.getResult() === constants.PresentationContextResult.Accept;
      if (!association.getPresentationContexts().every(isTaken))
        fail("the archive does not take this kind of ECG object", false);
    });
    client.on("associationReleased", () => resolve());
    client.on("closed", () => resolve());
    client.send(node.host, node.port, node.callingAeTitle, node.aeTitle, {
      connectTimeout: CONNECT_MS,
      associationTimeout: answerMs,
      pduTimeout: answerMs,
      ...(node.tls && { securityOptions: { ...node.tls, rejectUnauthorized: true, minVersion: "TLSv1.2" } }),
    });
  });
  if (failures.length > 0) throw failures.find(({ retry }) => !retry) ?? failures[0]!;
  if (answered < files.length)
    throw new DeliveryError(
      "DELIVERY_DICOM",
      `${node.host}:${node.port}: it answered for ${answered} of ${files.length} objects`,
      true,
    );
}

function dataSetOf(file: Uint8Array, DataSet: typeof Dataset): Dataset {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const metaBytes = bytes.readUInt32LE(META_AT - 4);
  return new DataSet(bytes.subarray(META_AT + metaBytes), EXPLICIT_LITTLE_ENDIAN);
}

/** Of a C-STORE (PS3.4 §B.2.3): what the archive has is a success, with a warning, too. */
function failureOf(status: number, comment: string | undefined): DeliveryError | undefined {
  if (status === 0 || status === 0x0111 || (status & 0xf000) === 0xb000) return undefined;
  const hex = `0x${status.toString(16).padStart(4, "0")}`;
  const said = comment ? ` (${comment})` : "";
  if ((status & 0xff00) === 0xa700)
    return new DeliveryError("DELIVERY_DICOM", `the archive has no room at the moment: ${hex}${said}`, true);
  if (status === 0x0124)
    return new DeliveryError(
      "DELIVERY_DICOM",
      `the archive takes nothing from this hub: ${hex}${said}`,
      false,
    );
  if ((status & 0xff00) === 0xa900 || status === 0x0122)
    return new DeliveryError("DELIVERY_DICOM", `the archive does not take ECG objects: ${hex}${said}`, false);
  return new DeliveryError(
    "DELIVERY_DICOM",
    `the archive could not take it: ${hex}${said}`,
    status === 0x0110 || status === 0x0213,
  );
}

interface Rejection {
  result: number;
  reason: number;
}

function rejectionOf(
  { result, reason }: Rejection,
  { aeTitle, callingAeTitle }: DicomNode,
  { RejectResult, RejectReason }: typeof import("dcmjs-dimse").constants,
): { why: string; retry: boolean } {
  if (reason === RejectReason.CalledAeNotRecognized)
    return { why: `nobody there is called ${aeTitle}: correct the archive's AE title`, retry: false };
  if (reason === RejectReason.CallingAeNotRecognized)
    return { why: `it does not know ${callingAeTitle}: have its administrator add this hub`, retry: false };
  return { why: "it refuses the connection", retry: result === RejectResult.Transient };
}
