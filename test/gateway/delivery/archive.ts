/** A DICOM archive of dcmjs-dimse on loopback that answers each object as it is told to, and keeps none. */
import { log, type requests, responses, Scp, Server } from "dcmjs-dimse";
import { freePort } from "../../ports";

export interface Archive {
  port: number;
  /** What it answers. */
  status: number;
  /** UIDs of the objects that it was sent, in their order. */
  asked: string[];
  end(): void;
}

export async function startArchive(status: number): Promise<Archive> {
  log.setLevel("silent");
  class Answering extends Scp {
    override associationRequested(association: {
      getPresentationContexts(): { context: { setResult(result: number, syntax: string): void } }[];
    }): void {
      for (const { context } of association.getPresentationContexts())
        context.setResult(0, "1.2.840.10008.1.2.1");
      this.sendAssociationAccept();
    }
    override cStoreRequest(
      request: requests.CStoreRequest,
      done: (response: responses.CStoreResponse) => void,
    ): void {
      archive.asked.push(request.getAffectedSopInstanceUid());
      const response = responses.CStoreResponse.fromRequest(request);
      response.setStatus(archive.status);
      done(response);
    }
    override associationReleaseRequested(): void {
      this.sendAssociationReleaseResponse();
    }
  }
  const server = new Server(Answering);
  const archive: Archive = { port: await freePort(), status, asked: [], end: () => server.close() };
  server.on("networkError", () => {});
  server.listen(archive.port);
  return archive;
}
