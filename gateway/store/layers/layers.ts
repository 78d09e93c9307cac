/** What is said beside a recording, written: sealed, numbered, and with a leaf of the log, in one transaction. */
import type { Database } from "better-sqlite3";
import { toHex } from "../../../protocol/bytes";
import type { Crypto } from "../../../protocol/crypto";
import { LayerKind } from "../../../protocol/leaves";
import { StoreError } from "../errors";
import { sealJson } from "../findings/sealedjson";
import type { Keyring } from "../keyring";
import { isErased, RECORDING_COLUMNS, type RecordingRow } from "../recordings";
import { SealedTable } from "../rows";
import {
  LAYER_COLUMNS,
  type LayerRow,
  layerLeaf,
  layerPlace,
  type OverReadLayer,
  type PersonLayer,
  SALT_BYTES,
} from "./rows";

/** Of one recording: every one costs a leaf for ever. */
const MAX_LAYERS = 200;

export class Layers {
  private readonly table: SealedTable<LayerRow>;
  private readonly recordings: SealedTable<RecordingRow>;

  /** @param append to the log, within the transaction */
  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly random: Crypto["random"],
    private readonly append: (leaf: Uint8Array) => { log: number; idx: number },
  ) {
    this.table = new SealedTable(db, keyring, "layers", LAYER_COLUMNS, 1);
    this.recordings = new SealedTable(db, keyring, "recordings", RECORDING_COLUMNS, 1);
  }

  /** Whose the recording is from now on. */
  person(recording: RecordingRow, said: PersonLayer, at: number): LayerRow {
    return this.add(recording, LayerKind.person, said, at);
  }

  /** @throws STORE_ERASED */
  overRead(recording: RecordingRow, said: OverReadLayer, at: number): LayerRow {
    if (isErased(recording))
      throw new StoreError("STORE_ERASED", `recording ${recording.id} was erased: nothing of it can be read`);
    return this.add(recording, LayerKind.overRead, said, at);
  }

  /** Within the transaction that erases the recording: what tells of a heart goes. @param recording key of its row */
  erase(recording: number): void {
    this.db.prepare("DELETE FROM layers WHERE recording = ? AND kind = ?").run(recording, LayerKind.overRead);
  }

  /** Within the caller's transaction. @throws STORE_ALTERED, STORE_LAYERS, and as the log does */
  private add(recording: RecordingRow, kind: string, said: object, at: number): LayerRow {
    if (!this.recordings.intact(recording))
      throw new StoreError(
        "STORE_ALTERED",
        `the row of recording ${recording.id} was altered: nothing is said beside it. Run 'avnode verify'`,
      );
    const next = (column: string, where: string) =>
      this.db.prepare(`SELECT coalesce(max(${column}), 0) + 1 FROM layers ${where}`).pluck();
    const number = next("number", "WHERE recording = ?").get(recording.key) as number;
    if (number > MAX_LAYERS)
      throw new StoreError(
        "STORE_LAYERS",
        `${MAX_LAYERS} assignments and over-reads of recording ${recording.id} are kept: there is no room for another`,
      );
    const id = next("id", "").get() as number;
    const body = { salt: toHex(this.random(SALT_BYTES)), said: JSON.stringify(said) };
    const leaf = layerLeaf(recording, { kind, number, at }, body);
    const row: LayerRow = {
      ...{ id, recording: recording.key, number, kind, at },
      ...this.append(leaf),
      body: sealJson(this.keyring, body, layerPlace(id)),
    };
    this.table.insert(row);
    return row;
  }
}
