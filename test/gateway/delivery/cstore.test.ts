import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { basename, join } from "node:path";
import { type DicomNode, storeDicom } from "../../../gateway/delivery/cstore";
import { DeliveryError } from "../../../gateway/delivery/error";
import { dicomFiles, dicomPdf } from "../../../gateway/export/dicom";
import { readRecord } from "../../../gateway/wfdb/read";
import { scratch } from "../../e2e/rig";
import { ecgFiles, ORTHANC, PYTHON, skipUnless, skipUnlessEcg, skipUnlessPython } from "../../machine";
import { freePort } from "../../ports";
import { digestOf } from "../export/read";
import { bytesOf, type Made, noise, sourceOf, sourceOfRecord } from "../export/source";
import { certify, hasOpenssl, makeCa } from "../mqtt/certificates";
import { startArchive } from "./archive";
import { Orthanc } from "./orthanc";

const SIGNALS = [noise(5_000, 30_000), noise(5_000, 30_000, 2)];
const filesOf = (made: Partial<Made> = {}) =>
  dicomFiles(sourceOf({ signals: SIGNALS, ...made })).map(bytesOf);
const nodeAt = (port: number, more: Partial<DicomNode> = {}): DicomNode => ({
  ...{ host: "127.0.0.1", port, aeTitle: "ORTHANC", callingAeTitle: "AVNODE", ...more },
});
const SHORT = { idleMs: 300, wholeMs: 2_000 };

const failsAs =
  (code: string, retry: boolean, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof DeliveryError, String(error));
    assert.deepEqual([error.code, error.retry], [code, retry], error.message);
    assert.match(error.message, message);
    return true;
  };

describe("DICOM objects in an archive (Orthanc)", function () {
  this.timeout(120_000);
  const dir = scratch(true);
  const running: Orthanc[] = [];
  before(function () {
    skipUnless(ORTHANC !== undefined, this, "Orthanc (Debian: orthanc)");
    skipUnlessPython(this, "pydicom");
  });
  afterEach(() => Promise.all(running.splice(0).map((one) => one.end())));

  async function orthanc(options: object = {}): Promise<Orthanc> {
    const archive = await Orthanc.start(dir, options);
    running.push(archive);
    return archive;
  }

  /** Of each lead, as pydicom reads what the archive gives back. */
  async function digestsIn(archive: Orthanc): Promise<string[][]> {
    const files: string[] = [];
    for (const instance of await archive.instances()) {
      files.push(join(dir, `${instance}.dcm`));
      writeFileSync(files.at(-1)!, await archive.file(instance));
    }
    const reader = join(__dirname, "../export/dicomreader.py");
    const said = execFileSync(PYTHON, [reader], { input: files.join("\n"), encoding: "utf8" });
    return said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).digests);
  }

  it("are given back with equal samples, and sent twice are there once", async () => {
    const archive = await orthanc();
    for (let times = 0; times < 2; times++) {
      await storeDicom(filesOf(), nodeAt(archive.port));
      assert.equal((await archive.instances()).length, 1);
    }
    assert.deepEqual(await digestsIn(archive), [SIGNALS.map(digestOf)]);
  });

  it("of 32 bits, of half an hour of a real heart and of twelve leads arrive as they were", async function () {
    skipUnlessEcg(this, "mitdb");
    skipUnlessEcg(this, "twelvelead");
    const records = ["mitdb", "twelvelead"].map((set) => {
      const file = ecgFiles(set, ".hea")[0]!.slice(0, -4);
      return { record: readRecord(file), name: basename(file) };
    });
    const wide = [noise(5_000, 100_000)];
    // General 32-bit ECG is younger than Orthanc's own list.
    const archive = await orthanc({ UnknownSopClassAccepted: true });
    await storeDicom(
      [
        ...records.flatMap(({ record, name }) => dicomFiles(sourceOfRecord(record, name)).map(bytesOf)),
        ...filesOf({ signals: wide }),
      ],
      nodeAt(archive.port),
    );
    const sorted = (digests: string[][]) => digests.map((one) => one.sort().join()).sort();
    const sent = [...records.map(({ record }) => record.signals), wide];
    assert.deepEqual(
      sorted(await digestsIn(archive)),
      sorted(sent.map((signals) => signals.map((one) => digestOf(one)))),
    );
  });

  it("come with their report as a PDF, in the same study", async () => {
    const pdf = Buffer.from("%PDF-1.7\nof a test\n%%EOF\n");
    const archive = await orthanc();
    await storeDicom([...filesOf(), dicomPdf(sourceOf({ signals: SIGNALS }), pdf)], nodeAt(archive.port));
    const found = await Promise.all((await archive.instances()).map((one) => archive.file(one)));
    assert.equal(found.length, 2);
    assert.equal(found.filter((file) => file.includes(pdf)).length, 1);
  });

  it("go over TLS under a pinned CA and with our own certificate, and to nobody else", async function () {
    skipUnless(hasOpenssl, this, "openssl (Debian: openssl)");
    const [ca, stranger] = [makeCa(dir, "ours"), makeCa(dir, "stranger")];
    const server = certify(dir, "server", ca, "IP:127.0.0.1");
    const client = certify(dir, "client", ca, "DNS:hub");
    const archive = await orthanc({
      ...{ DicomTlsEnabled: true, DicomTlsRemoteCertificateRequired: true },
      ...{ DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key },
      DicomTlsTrustedCertificates: ca.cert,
    });
    const own = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
    const to = (tls: DicomNode["tls"]) => storeDicom(filesOf(), nodeAt(archive.port, { tls }), SHORT);
    await assert.rejects(
      to({ ca: readFileSync(stranger.cert), ...own }),
      failsAs("DICOM_UNREACHABLE", true, /certificate/),
    );
    await assert.rejects(to({ ca: readFileSync(ca.cert) }), DeliveryError);
    await assert.rejects(to(undefined), DeliveryError);
    assert.deepEqual(await archive.instances(), []);
    await to({ ca: readFileSync(ca.cert), ...own });
    assert.deepEqual(await digestsIn(archive), [SIGNALS.map(digestOf)]);
  });

  it("are refused under a title that is not the archive's", async () => {
    const archive = await orthanc();
    await assert.rejects(
      storeDicom(filesOf(), nodeAt(archive.port, { aeTitle: "ELSEWHERE" })),
      failsAs("DICOM_REJECTED", false, /does not know the AE title ELSEWHERE/),
    );
  });
});

describe("an archive that misbehaves", function () {
  this.timeout(20_000);
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function answering(status: number): Promise<{ port: number; asked: string[] }> {
    const archive = await startArchive(status);
    ends.push(archive.end);
    return archive;
  }

  /** A server that does this with each connection. @returns its port */
  async function doing(what: (socket: Socket) => void): Promise<number> {
    const sockets: Socket[] = [];
    const server: NetServer = createServer((socket) => {
      sockets.push(socket.on("error", () => {}));
      what(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  for (const [status, retry, message] of [
    [0xa700, true, /is full \(status A700\)/],
    [0xa7ff, true, /is full/],
    [0xa900, false, /refuses the object \(status A900\)/],
    [0xc000, false, /refuses the object/],
    [0x0110, true, /status 0110/],
    [0x0122, false, /status 0122/],
    [0x0124, false, /does not let us store/],
  ] as const)
    it(`and answers ${status.toString(16)} is ${retry ? "asked again later" : "not asked again"}`, async () => {
      const { port, asked } = await answering(status);
      await assert.rejects(
        storeDicom([...filesOf(), ...filesOf({ to: 4_000 })], nodeAt(port), SHORT),
        failsAs("DICOM_STATUS", retry, message),
      );
      assert.equal(asked.length, 1, "nothing is stored behind what was refused");
    });

  for (const status of [0x0000, 0xb000, 0xb007, 0x0111])
    it(`has taken what it answers with ${status.toString(16)}`, async () => {
      const { port, asked } = await answering(status);
      await storeDicom([...filesOf(), ...filesOf({ to: 4_000 })], nodeAt(port), SHORT);
      assert.equal(asked.length, 2);
    });

  it("by silence is left", async () => {
    const port = await doing(() => {});
    await assert.rejects(storeDicom(filesOf(), nodeAt(port), SHORT), failsAs("DICOM_SILENT", true));
  });

  it("by a byte now and then, for ever, is left", async () => {
    const port = await doing((socket) => {
      // The head of an acceptance of 16 384 bytes.
      socket.write(Buffer.from([2, 0, 0, 0, 0x40, 0]));
      const timer = setInterval(() => socket.write(Buffer.alloc(1)), 50);
      socket.on("close", () => clearInterval(timer));
    });
    await assert.rejects(
      storeDicom(filesOf(), nodeAt(port), { idleMs: 300, wholeMs: 600 }),
      failsAs("DICOM_SILENT", true, /did not end within/),
    );
  });

  it("by hanging up, by aborting and by other words is left", async () => {
    for (const what of [
      (socket: Socket) => socket.once("data", () => socket.destroy()),
      (socket: Socket) => socket.once("data", () => socket.write(Buffer.from("07000000000400000200", "hex"))),
      (socket: Socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
      // An acceptance that is cut short within its items.
      (socket: Socket) =>
        socket.write(
          Buffer.concat([
            Buffer.from("02000000004600010000", "hex"),
            Buffer.alloc(64),
            Buffer.from("2100", "hex"),
            Buffer.alloc(2),
          ]),
        ),
    ])
      await assert.rejects(
        storeDicom(filesOf(), nodeAt(await doing(what)), SHORT),
        failsAs("DICOM_BROKEN", true),
      );
  });

  it("that is congested is asked again later, one that wants no such objects is not", async () => {
    const reject = (result: number, source: number, reason: number) =>
      doing((socket) =>
        socket.once("data", () => socket.write(Buffer.from([3, 0, 0, 0, 0, 4, 0, result, source, reason]))),
      );
    await assert.rejects(
      storeDicom(filesOf(), nodeAt(await reject(2, 3, 1)), SHORT),
      failsAs("DICOM_REJECTED", true),
    );
    await assert.rejects(
      storeDicom(filesOf(), nodeAt(await reject(1, 1, 3)), SHORT),
      failsAs("DICOM_REJECTED", false, /does not know us as AVNODE/),
    );
    const none = await doing((socket) => {
      const body = Buffer.concat([
        Buffer.from("00010000", "hex"),
        Buffer.alloc(64),
        // Context 1: abstract syntax not supported.
        Buffer.from("2100000401000300", "hex"),
      ]);
      const head = Buffer.from([2, 0, 0, 0, 0, body.length]);
      socket.once("data", () => socket.write(Buffer.concat([head, body])));
    });
    await assert.rejects(storeDicom(filesOf(), nodeAt(none), SHORT), failsAs("DICOM_CLASS", false));
  });

  it("that takes short units of odd length is given no longer ones, and the file's own bytes", async () => {
    const MOST = 4_097;
    let said = Buffer.alloc(0);
    const port = await doing((socket) => {
      const body = Buffer.concat([
        Buffer.from("00010000", "hex"),
        Buffer.alloc(64),
        Buffer.from("2100000401000000", "hex"),
        Buffer.from("50000008510000040000", "hex"),
        Buffer.from([MOST >> 8, MOST & 0xff]),
      ]);
      socket.once("data", () => {
        socket.write(Buffer.concat([Buffer.from([2, 0, 0, 0, 0, body.length]), body]));
        socket.on("data", (bytes) => {
          said = Buffer.concat([said, bytes]);
        });
      });
    });
    const [file] = filesOf();
    await assert.rejects(storeDicom([file!], nodeAt(port), SHORT), failsAs("DICOM_SILENT", true));
    const values: Buffer[] = [];
    let units = 0;
    for (let at = 0; at < said.length; units++) {
      const length = said.readUInt32BE(at + 2);
      assert.equal(said[at], 4);
      assert.ok(length <= MOST, `a unit of ${length} bytes`);
      const isLast = at + 6 + length === said.length;
      const isCommand = at === 0;
      assert.equal(said.readUInt32BE(at + 6), length - 4);
      assert.deepEqual([said[at + 10], said[at + 11]], [1, isCommand ? 3 : isLast ? 2 : 0]);
      assert.equal(length % 2, 0, "a fragment of odd length");
      if (!isCommand) values.push(said.subarray(at + 12, at + 6 + length));
      at += 6 + length;
    }
    assert.ok(units > 4, `${units} units`);
    const dataSet = Buffer.concat(values);
    assert.ok(dataSet.equals(file!.subarray(file!.length - dataSet.length)));
    // The first element, SpecificCharacterSet.
    assert.equal(dataSet.toString("hex", 0, 4), "08000500");
  });

  it("that is not there is asked again later", async () => {
    await assert.rejects(
      storeDicom(filesOf(), nodeAt(await freePort()), SHORT),
      failsAs("DICOM_UNREACHABLE", true, /ECONNREFUSED/),
    );
  });

  it("is not asked at all with what is no DICOM file, or under what is no title", async () => {
    const node = nodeAt(await freePort());
    await assert.rejects(storeDicom([Buffer.from("%PDF")], node), failsAs("DICOM_FILE", false));
    await assert.rejects(storeDicom([filesOf()[0]!.subarray(0, 150)], node), failsAs("DICOM_FILE", false));
    for (const aeTitle of ["", "SEVENTEEN LETTERS", "Zoë", "A\\B"])
      await assert.rejects(storeDicom(filesOf(), { ...node, aeTitle }), failsAs("DICOM_TITLE", false));
  });
});
