import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type DicomNode, storeDicom } from "../../../gateway/delivery/cstore";
import { DeliveryError } from "../../../gateway/delivery/error";
import { dicomFiles, dicomPdf } from "../../../gateway/export/dicom";
import { readRecord } from "../../../gateway/wfdb/read";
import { scratch } from "../../e2e/rig";
import { ecgFiles, skipUnless, skipUnlessEcg, skipUnlessPython } from "../../machine";
import { freePort } from "../../ports";
import { pydicom } from "../export/pydicom";
import { digestOf } from "../export/read";
import { bytesOf, type Made, noise, sourceOf, sourceOfRecord } from "../export/source";
import { certify, hasOpenssl, makeCa } from "../mqtt/certificates";
import { AE_TITLE, type Orthanc, skipUnlessOrthanc, startOrthanc } from "./orthanc";

const nodeAt = (port: number, more: Partial<DicomNode> = {}): DicomNode => ({
  ...{ host: "127.0.0.1", port, aeTitle: AE_TITLE, callingAeTitle: "AVNODE" },
  ...more,
});

const objectOf = (made: Partial<Made> = {}): Buffer =>
  bytesOf(dicomFiles(sourceOf({ signals: [noise(2000, 100)], person: { name: "Zoë 李" }, ...made }))[0]!);

async function failureOf(sending: Promise<void>): Promise<DeliveryError> {
  const error = await sending.then(
    () => assert.fail("it was taken"),
    (why) => why,
  );
  assert.ok(error instanceof DeliveryError, String(error));
  return error;
}

describe("DICOM objects on their way into an archive", function () {
  this.timeout(120_000);
  const dir = scratch(true);

  describe("Orthanc", () => {
    const running: Orthanc[] = [];
    before(function () {
      skipUnlessOrthanc(this);
      skipUnlessPython(this, "pydicom");
    });
    after(() => Promise.all(running.map((one) => one.stop())));
    const start = async (more?: object) => {
      const orthanc = await startOrthanc(dir, more);
      running.push(orthanc);
      return orthanc;
    };
    /** What the archive gives back, as pydicom reads it. */
    const held = async (orthanc: Orthanc) => {
      const files: string[] = [];
      for (const id of await orthanc.instances()) {
        const file = join(dir, `held-${id}.dcm`);
        writeFileSync(file, await orthanc.file(id));
        files.push(file);
      }
      return pydicom(files);
    };

    it("takes records of each kind of object, and gives back equal samples", async function () {
      for (const set of ["mitdb", "twelvelead", "cinc2017"]) skipUnlessEcg(this, set);
      const orthanc = await start();
      const records = ["mitdb", "twelvelead", "cinc2017"].map((set) =>
        readRecord(ecgFiles(set, ".hea")[0]!.slice(0, -4)),
      );
      const files = records.map((record, index) => {
        const source = sourceOfRecord(record, "x");
        source.study.info.id += index;
        return bytesOf(dicomFiles(source)[0]!);
      });
      await storeDicom(files, nodeAt(orthanc.dicomPort));
      const digests = new Set((await held(orthanc)).map((one) => [...one.digests].sort().join()));
      assert.equal(digests.size, records.length);
      for (const { signals } of records) assert.ok(digests.has(signals.map(digestOf).sort().join()));
    });

    it("has an instance once, however often it was sent, and its report in the same study", async () => {
      const orthanc = await start();
      const file = objectOf();
      await storeDicom([file], nodeAt(orthanc.dicomPort));
      await storeDicom([file], nodeAt(orthanc.dicomPort));
      const [{ name }, ...others] = await held(orthanc);
      assert.deepEqual([name, others.length], ["Zoë 李^", 0]);
      const report = dicomPdf(sourceOf({ signals: [noise(2000, 100)] }), Buffer.from("%PDF-1.7\n"));
      await storeDicom([file, report], nodeAt(orthanc.dicomPort));
      assert.equal((await orthanc.instances()).length, 2);
    });

    it("beyond 16 bits is taken where the archive knows such objects, and else refused for good", async () => {
      const signals = [noise(2000, 100_000)];
      const older = await start();
      const error = await failureOf(storeDicom([objectOf({ signals })], nodeAt(older.dicomPort)));
      assert.equal(error.retry, false, error.message);
      assert.match(error.message, /does not take this kind of ECG object/);
      const orthanc = await start({ UnknownSopClassAccepted: true });
      await storeDicom([objectOf({ signals })], nodeAt(orthanc.dicomPort));
      assert.deepEqual((await held(orthanc))[0]!.digests, signals.map(digestOf));
    });

    it("called by a wrong name refuses for good, and says so", async () => {
      const orthanc = await start();
      const error = await failureOf(
        storeDicom([objectOf()], nodeAt(orthanc.dicomPort, { aeTitle: "NOBODY" })),
      );
      assert.equal(error.retry, false, error.message);
      assert.match(error.message, /nobody there is called NOBODY/);
    });

    it("over TLS takes it from a client with a certificate, shows its own, and nothing goes without", async function () {
      skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
      const ca = makeCa(dir, "pacs");
      const stranger = makeCa(dir, "stranger");
      const server = certify(dir, "server", ca, "IP:127.0.0.1");
      const client = certify(dir, "hub", ca, "DNS:hub");
      const orthanc = await start({
        ...{ DicomTlsEnabled: true, DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key },
        DicomTlsTrustedCertificates: ca.cert,
      });
      const pem = (file: string) => readFileSync(file, "utf8");
      const tls = { ca: pem(ca.cert), cert: pem(client.cert), key: pem(client.key) };
      await failureOf(
        storeDicom([objectOf()], nodeAt(orthanc.dicomPort, { tls: { ...tls, ca: pem(stranger.cert) } })),
      );
      assert.deepEqual(await orthanc.instances(), []);
      await storeDicom([objectOf()], nodeAt(orthanc.dicomPort, { tls }));
      assert.equal((await orthanc.instances()).length, 1);
    });
  });

  describe("one that misbehaves", () => {
    const closing: (() => void)[] = [];
    afterEach(() => {
      for (const close of closing.splice(0)) close();
    });

    /** An archive that answers every object with this status. */
    const answering = async (status: number): Promise<number> => {
      const { Server, Scp, responses, constants } = require("dcmjs-dimse") as typeof import("dcmjs-dimse");
      class Archive extends Scp {
        // biome-ignore lint/suspicious/noExplicitAny: the library's own
        override associationRequested(association: any) {
          for (const { context } of association.getPresentationContexts()) {
            context.setResult(constants.PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
          }
          this.sendAssociationAccept();
        }
        // biome-ignore lint/suspicious/noExplicitAny: the library's own
        override cStoreRequest(request: any, callback: any) {
          const response = responses.CStoreResponse.fromRequest(request);
          response.setStatus(status);
          callback(response);
        }
        override associationReleaseRequested() {
          this.sendAssociationReleaseResponse();
        }
      }
      const port = await freePort();
      const server = new Server(Archive as never);
      server.listen(port);
      closing.push(() => server.close());
      return port;
    };

    for (const [status, retry, words] of [
      [0xa700, true, /no room at the moment: 0xa700/],
      [0xa702, true, /no room/],
      [0xa900, false, /does not take ECG objects: 0xa900/],
      [0xc000, false, /could not take it: 0xc000/],
      [0x0124, false, /takes nothing from this hub/],
      [0x0110, true, /could not take it/],
    ] as const)
      it(`answers 0x${status.toString(16)}: ${retry ? "tried again later" : "not tried again"}`, async () => {
        const error = await failureOf(storeDicom([objectOf()], nodeAt(await answering(status))));
        assert.equal(error.retry, retry);
        assert.match(error.message, words);
      });

    for (const status of [0x0000, 0xb000, 0xb007, 0x0111])
      it(`answers 0x${status.toString(16)}: it has it`, async () => {
        await storeDicom([objectOf()], nodeAt(await answering(status)));
      });

    it("is not there: tried again later", async () => {
      const error = await failureOf(storeDicom([objectOf()], nodeAt(await freePort())));
      assert.equal(error.retry, true);
    });

    for (const [does, act] of [
      ["hangs up in the middle", (socket) => void socket.once("data", () => socket.destroy())],
      ["never answers", (socket) => closing.push(() => socket.destroy())],
    ] as [string, (socket: Socket) => void][])
      it(`${does}: tried again later`, async () => {
        const server = createServer(act);
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        closing.push(() => server.close());
        const { port } = server.address() as AddressInfo;
        const error = await failureOf(storeDicom([objectOf()], nodeAt(port), 1000));
        assert.equal(error.retry, true);
      });
  });
});
