/** Verification of a whole store, offline: every row against its MAC, every recording against its own frames. */
import type { Database } from "better-sqlite3";
import { type Drop, DropReason, decodeClose, decodeDrop, signedClose } from "../../protocol/bodies";
import { sameBytes, toHex } from "../../protocol/bytes";
import { type Certificate, DeviceClass, decodeCertificate } from "../../protocol/certificate";
import { HASH_BYTES } from "../../protocol/chain";
import { FrameType } from "../../protocol/header";
import type { Manifest } from "../../protocol/manifest";
import { decodeOpen, type Open } from "../../protocol/open";
import { utc } from "../../protocol/proof/lines";
import { openFrame } from "../../protocol/seal";
import { nodeCrypto as crypto } from "../crypto";
import { isSeat } from "./adopted";
import { type CloseBefore, RecordingCheck } from "./check";
import type { Declared } from "./declared";
import { DEVICE_COLUMNS, type DeviceRow, EPOCH_COLUMNS, type EpochRow } from "./devices";
import { erasedAt } from "./erase";
import { FindingsReader } from "./findings/reading";
import type { FrameRow } from "./frames";
import { isSound, type Verdict, type VerifiedRecording, type VerifyReport } from "./infos";
import type { Keyring } from "./keyring";
import { loggedSeconds } from "./log/since";
import { LogVerification } from "./log/verify";
import { Meta } from "./meta";
import { People } from "./people";
import { Makers } from "./pinned";
import { isErased, RECORDING_COLUMNS, type RecordingRow, recordingKeyPlace } from "./recordings";
import { isRevokedAt, RevocationLists } from "./revocations";
import { SealedTable } from "./rows";
import { Tables } from "./tables";

/** Frames between two calls of progress. */
const PROGRESS_EVERY = 1000;
/** The chain before frames that an erased recording declared lost: its leaf does not keep it. */
const UNKNOWN: Uint8Array = new Uint8Array(HASH_BYTES);
/** Problems told of one recording. */
const MAX_PROBLEMS = 50;

/** A recording's row with its key open; undefined when the wrapped key was altered. */
interface Entry {
  row: RecordingRow;
  key?: Uint8Array;
  open?: Open;
  /** With the sequence at which each stands. */
  drops: Omit<Declared, "later">[];
  /** Of its close, if it has one. */
  closed?: CloseBefore & { checkpointSize: number; checkpointRoot: Uint8Array };
}

/** What is known of what came after a recording. */
interface Successor {
  exists: boolean;
  /** The nearest open frame after it. */
  open?: Open;
}

/** @param newest whether no later ownership followed */
function successorsOf(entries: Entry[], newest: boolean): Successor[] {
  const successors: Successor[] = [];
  let successor: Successor = { exists: !newest };
  for (let i = entries.length - 1; i >= 0; i--) {
    successors[i] = successor;
    const { row, open } = entries[i];
    successor = { exists: successor.exists || row.held > 0, open: open ?? successor.open };
  }
  return successors;
}

interface Findings {
  notes: string[];
  altered: string[];
  missing: string[];
  frames: number;
  samples: number;
}

export type Progress = (done: number, total: number) => void;

export interface VerifyOptions {
  /** What was kept elsewhere: a checkpoint, as a signed note, or a proof file. */
  against?: Uint8Array;
}

/**
 * @param wanted the id of one recording; or the ids of some, whose frames are read, and the store's own rows and its
 * log too; or nothing for everything
 */
export function verifyStore(
  db: Database,
  keyring: Keyring,
  wanted?: string | ReadonlySet<string>,
  progress: Progress = () => {},
  options: VerifyOptions = {},
): VerifyReport {
  // One snapshot: frames that arrive meanwhile would contradict the rows read before them.
  return db.transaction(() => new Verification(db, keyring, progress).run(wanted, options))();
}

/** A number that the handheld burned and did not use, as the next recording's open frame tells. */
function neverWritten(number: number, next: Open | undefined): boolean {
  if (!next) return false;
  return !next.previous || next.previous.recording < number || next.previous.frames === 0;
}

function certificateOf(device: DeviceRow): Certificate | undefined {
  try {
    return decodeCertificate(device.certificate);
  } catch {
    return undefined;
  }
}

class Verification {
  private readonly problems: string[] = [];
  private readonly recordings: VerifiedRecording[] = [];
  private readonly table: SealedTable<RecordingRow>;
  private readonly log: LogVerification;
  private readonly tables: Tables;
  private readonly makers: Makers;
  private readonly revocations: RevocationLists;
  private done = 0;
  private total = 0;

  /** Recordings by handheld, tree and leaf of their signature. */
  private readonly signedBy = new Map<string, string>();

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly progress: Progress,
  ) {
    this.table = new SealedTable(db, keyring, "recordings", RECORDING_COLUMNS, 1);
    this.log = new LogVerification(db, keyring);
    this.tables = new Tables(db);
    this.makers = new Makers(db, keyring);
    this.revocations = new RevocationLists(db, keyring);
  }

  run(only: string | ReadonlySet<string> | undefined, { against }: VerifyOptions): VerifyReport {
    const devices = this.db.prepare("SELECT * FROM devices").all() as DeviceRow[];
    const epochs = this.db.prepare("SELECT * FROM epochs ORDER BY device, epoch").all() as EpochRow[];
    const rows = this.db
      .prepare("SELECT * FROM recordings ORDER BY device, epoch, number")
      .all() as RecordingRow[];
    const isWanted = (id: string) =>
      only === undefined || (typeof only === "string" ? only === id : only.has(id));
    const wanted = rows.filter((row) => isWanted(row.id));
    this.total = wanted.reduce((sum, row) => sum + row.held, 0);
    if (typeof only !== "string") {
      this.checkRows(devices, epochs, rows);
      this.log.checkAll(rows, new Meta(this.db, this.keyring).get("logs"));
    }
    if (against) this.log.checkAgainst(against);
    const places = new Set(wanted.map((row) => `${toHex(row.device)}/${row.epoch}`));
    for (const place of places) {
      const siblings = rows.filter((row) => `${toHex(row.device)}/${row.epoch}` === place);
      const device = devices.find((row) => sameBytes(row.id, siblings[0].device));
      const newest = !device || device.epoch === siblings[0].epoch;
      this.checkEpoch(siblings, device, newest, wanted);
    }
    this.progress(this.total, this.total);
    const problems = [...this.problems, ...this.log.problems];
    const missing = this.log.missing();
    const sound = problems.length === 0 && missing.length === 0;
    const ok = sound && this.recordings.every((one) => isSound(one.verdict));
    return { ok, recordings: this.recordings, notes: this.log.notes, problems, missing };
  }

  private checkRows(devices: DeviceRow[], epochs: EpochRow[], rows: RecordingRow[]): void {
    const meta = new Meta(this.db, this.keyring);
    for (const name of meta.altered()) this.problems.push(`the store's ${name} was altered`);
    if (meta.get("devices") !== String(devices.length)) {
      this.problems.push(`${meta.get("devices")} handhelds were claimed, ${devices.length} are here`);
    }
    const deviceTable = new SealedTable<DeviceRow>(this.db, this.keyring, "devices", DEVICE_COLUMNS, 1);
    const epochTable = new SealedTable<EpochRow>(this.db, this.keyring, "epochs", EPOCH_COLUMNS, 2);
    for (const device of devices) {
      const hex = toHex(device.id);
      if (!deviceTable.intact(device)) this.problems.push(`the row of handheld ${hex} was altered`);
      const certificate = certificateOf(device);
      if (
        !certificate ||
        !(this.makers.vouchesFor(certificate) || isSeat(certificate)) ||
        !sameBytes(certificate.device, device.id)
      ) {
        this.problems.push(`the certificate of handheld ${hex} is not one that a known maker signed`);
      }
      for (const tree of certificate ? this.tables.altered(certificate) : [])
        this.problems.push(`public table ${tree} of handheld ${hex} was altered`);
      const claims = epochs.filter((epoch) => sameBytes(epoch.device, device.id)).length;
      if (claims !== device.claims) {
        this.problems.push(`handheld ${hex} was claimed ${device.claims} times, ${claims} are here`);
      }
    }
    for (const epoch of epochs) {
      const name = `${toHex(epoch.device)} (epoch ${epoch.epoch})`;
      if (!epochTable.intact(epoch)) this.problems.push(`the row of keys of handheld ${name} was altered`);
      const own = rows.filter((row) => sameBytes(row.device, epoch.device) && row.epoch === epoch.epoch);
      const numbers = new Set(own.map((row) => row.number));
      const gone = [];
      for (let n = 1; n < epoch.ck_number; n++) if (!numbers.has(n)) gone.push(n);
      if (gone.length > 0) {
        this.problems.push(`recordings of handheld ${name} were deleted: numbers ${gone.join(", ")}`);
      } else if (own.length !== epoch.recordings) {
        this.problems.push(`handheld ${name} had ${epoch.recordings} recordings, ${own.length} are here`);
      }
    }
    const orphans = rows.filter(
      (row) => !epochs.some((e) => sameBytes(e.device, row.device) && e.epoch === row.epoch),
    );
    if (orphans.length > 0) this.problems.push(`${orphans.length} recordings belong to no claimed handheld`);
    this.problems.push(...this.makers.problems(), ...this.revocations.problems());
    this.checkPeople([...devices, ...rows].map((row) => row.person));
    this.problems.push(...new FindingsReader(this.db, this.keyring).altered());
  }

  private checkPeople(owners: (number | null)[]): void {
    const { intact, altered } = new People(this.db, this.keyring).check();
    for (const id of altered) this.problems.push(`the name of person ${id} was altered`);
    for (const id of new Set(owners)) {
      if (id === null || intact.has(id) || altered.includes(id)) continue;
      this.problems.push(`person ${id}, whose handhelds or recordings are here, is gone`);
    }
  }

  /** @param rows every recording of one ownership, by number */
  private checkEpoch(
    rows: RecordingRow[],
    device: DeviceRow | undefined,
    newest: boolean,
    wanted: RecordingRow[],
  ): void {
    const entries = rows.map((row) => this.entryOf(row));
    const deviceClass = device && certificateOf(device)?.deviceClass;
    const successors = successorsOf(entries, newest);
    for (const [index, entry] of entries.entries()) {
      const { row } = entry;
      const successor = successors[index];
      if (row.held === 0 && row.next === 0 && neverWritten(row.number, successor.open)) {
        if (!this.table.intact(row)) this.problems.push(`the row of recording ${row.id} was altered`);
        continue;
      }
      if (!wanted.includes(row)) continue;
      if (row.held === 0 && row.next === 0 && entries[index + 1] && isErased(entries[index + 1].row)) {
        const notes = ["no frame of it is here; the recording that told whether there were any was erased"];
        this.report(row, { notes, altered: [], missing: [], frames: 0, samples: 0 });
        continue;
      }
      const check = this.checkRecording(entry, entries, successor, device);
      if (deviceClass === DeviceClass.simulated) check.notes.unshift("simulated");
      if (deviceClass === DeviceClass.adopted) check.notes.unshift("adopted: no handheld signed it");
      const revoked = this.revokedNote(row, device, check.notes);
      this.report(row, check, deviceClass === DeviceClass.adopted, revoked);
    }
  }

  private checkRecording(
    entry: Entry,
    siblings: Entry[],
    successor: Successor,
    device: DeviceRow | undefined,
  ): Findings {
    const { row, key } = entry;
    const { leaf, altered } = this.log.newestLeaf(row);
    if (!this.table.intact(row)) altered.unshift("its state row was altered");
    if (isErased(row)) return this.erased(row, altered);
    if (!key)
      return { notes: [], altered: [...altered, "its key was altered"], missing: [], frames: 0, samples: 0 };
    const drops = siblings
      .flatMap((sibling) => sibling.drops.map((drop) => ({ ...drop, later: sibling !== entry })))
      .filter((drop) => drop.recording === row.number);
    if (leaf) drops.push(...this.dropsThatWereErased(leaf.manifest, row, siblings, drops));
    const before = siblings.find((sibling) => sibling.row.number === row.number - 1);
    const check = new RecordingCheck(row, key, drops, leaf?.manifest.to);
    for (const frame of this.frames(row)) {
      check.add(frame);
      if (++this.done % PROGRESS_EVERY === 0) this.progress(this.done, this.total);
    }
    check.finish({ exists: successor.exists, previous: successor.open?.previous }, before?.closed);
    if (leaf && check.altered.length === 0 && check.missing.length === 0) {
      const { open, closeBody, signatureBody, watchedChain, samples, lost } = check;
      const found = { key, open, closeBody, signatureBody, watchedChain, samples, lost, drops };
      altered.push(...this.log.compare(leaf, row, found));
    }
    this.checkClose(entry, check, leaf && this.log.certificateOf(leaf.manifest), device, altered);
    const { notes, missing, frames, samples } = check;
    return { notes, altered: [...altered, ...check.altered], missing, frames, samples };
  }

  private erased({ key }: RecordingRow, altered: string[]): Findings {
    const at = erasedAt(this.db, key);
    if (at === undefined) altered.push("its key and its frames are gone, and its owner did not erase it");
    const notes = at === undefined ? [] : [`erased by owner, ${new Date(at).toISOString().slice(0, 10)}`];
    return { notes, altered, missing: [], frames: 0, samples: 0 };
  }

  /** What recordings that were erased since had declared lost of this one: its leaf in the log remembers. */
  private dropsThatWereErased(manifest: Manifest, row: RecordingRow, siblings: Entry[], known: Drop[]) {
    const erased = siblings.some((sibling) => isErased(sibling.row) && sibling.row.number > row.number);
    if (!erased) return [];
    return manifest.drops
      .filter((drop) => drop.later && !known.some(({ from, to }) => from === drop.from && to === drop.to))
      .map(({ from, to, first, samples, chain, later }) => ({
        reason: DropReason.ringFull,
        recording: row.number,
        from,
        to,
        firstSample: first,
        samples,
        before: UNKNOWN,
        chain,
        at: 0,
        later,
      }));
  }

  /** What the close says of the log, and who signed it. @param named the certificate that the recording's leaf names */
  private checkClose(
    { row, closed }: Entry,
    { closeBody, signatureBody, notes }: RecordingCheck,
    named: Uint8Array | undefined,
    device: DeviceRow | undefined,
    altered: string[],
  ): void {
    if (!closed || !closeBody) return;
    const echo = this.log.judgeEcho(row.device, closed.checkpointSize, closed.checkpointRoot);
    if (echo) altered.push(echo);
    if (signatureBody) this.checkLeaf(row, signatureBody, altered);
    let certificate: Certificate | undefined;
    try {
      certificate = named ? decodeCertificate(named) : device && certificateOf(device);
    } catch {}
    if (!certificate || certificate.trees.length === 0) return;
    if (!signatureBody) {
      notes.push("sealed only: its handheld signs, but this close has no signature");
      return;
    }
    const signed = signedClose(row.device, row.epoch, row.number, closeBody);
    const verdict = this.tables.verify(certificate, signed, signatureBody);
    if (verdict === false) altered.push("the signature of its close is not its handheld's");
    else notes.push(verdict ? "signed" : "signed, but its handheld's public table is not here to check it");
  }

  /** A leaf signs once: of two closes that bear the same, one may be a forger's. */
  private checkLeaf(row: RecordingRow, signatureBody: Uint8Array, altered: string[]): void {
    const leaf = toHex(signatureBody.subarray(0, 5));
    const place = `${toHex(row.device)} ${leaf}`;
    const other = this.signedBy.get(place);
    if (other) altered.push(`the key that signed it signed recording ${other} too: was the handheld cloned?`);
    else this.signedBy.set(place, row.id);
  }

  /** Notes what its handheld's maker says of it. @returns whether that counts for this recording */
  private revokedNote(row: RecordingRow, device: DeviceRow | undefined, notes: string[]): boolean {
    const certificate = device && certificateOf(device);
    const revoked = certificate && this.revocations.of(certificate);
    if (!revoked) return false;
    const logged = loggedSeconds(this.db, this.keyring, row.key);
    const counts = isRevokedAt(revoked, logged);
    const why = revoked.reason === "" ? "" : ` (${revoked.reason})`;
    const after = counts ? "" : `, after it was logged at ${utc(logged!)}`;
    notes.push(`its maker revoked its handheld from ${utc(revoked.since)} on${why}${after}`);
    return counts;
  }

  private report(
    row: RecordingRow,
    { notes, altered, missing, frames, samples }: Findings,
    isAdopted = false,
    isRevoked = false,
  ): void {
    let verdict: Verdict = isErased(row)
      ? "erased"
      : isAdopted
        ? "adopted"
        : isRevoked
          ? "revoked"
          : "authentic";
    if (missing.length > 0) verdict = "missing";
    if (altered.length > 0) verdict = "altered";
    const problems = [...altered, ...missing];
    const beyond = problems.length - MAX_PROBLEMS;
    if (beyond > 0) problems.splice(MAX_PROBLEMS, beyond, `and ${beyond} more`);
    this.recordings.push({ id: row.id, verdict, notes, problems, frames, samples });
  }

  /** Reads what a recording says of itself and of others; what does not open is found again by its own check. */
  private entryOf(row: RecordingRow): Entry {
    const entry: Entry = { row, key: this.keyOf(row), drops: [] };
    const { key } = entry;
    if (!key) return entry;
    for (const { sequence, type, frame } of this.rareFrames(row)) {
      try {
        const body = openFrame(crypto, key, frame);
        if (type === FrameType.open) entry.open = decodeOpen(body);
        else if (type === FrameType.drop) entry.drops.push({ ...decodeDrop(body), at: sequence });
        else if (type === FrameType.close) {
          const { previousClose, checkpointSize, checkpointRoot } = decodeClose(body);
          entry.closed = {
            hash: crypto.sha256(signedClose(row.device, row.epoch, row.number, body)),
            previousClose,
            checkpointSize,
            checkpointRoot,
          };
        }
      } catch {}
    }
    return entry;
  }

  /** The + keeps SQLite from its index, which verification has no reason to trust. */
  private rareFrames(row: RecordingRow): FrameRow[] {
    return this.db
      .prepare(
        "SELECT sequence, type, frame FROM frames WHERE recording = ? AND +type <> 2 ORDER BY sequence",
      )
      .all(row.key) as FrameRow[];
  }

  private keyOf(row: RecordingRow): Uint8Array | undefined {
    try {
      return this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, row.epoch, row.number));
    } catch {
      return undefined;
    }
  }

  private frames(row: RecordingRow): Iterable<FrameRow> {
    return this.db
      .prepare("SELECT sequence, type, frame FROM frames WHERE recording = ? ORDER BY sequence")
      .iterate(row.key) as Iterable<FrameRow>;
  }
}
