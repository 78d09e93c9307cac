/**
 * Taking ownership of a handheld.
 *
 * A root is on disk before it is sent. The handheld switches to it and repeats its answer (id and certificate, sealed
 * by the code) after every hello until a message of the new session reaches it, so whichever message is lost, the two
 * meet again under the new alias.
 */
import type { Database, Statement } from "better-sqlite3";
import { sameBytes, toHex } from "../../protocol/bytes";
import { type Certificate, DeviceClass, decodeCertificate } from "../../protocol/certificate";
import { CLAIM_WINDOW_MS, encodeClaim } from "../../protocol/claim";
import type { Crypto } from "../../protocol/crypto";
import { decodeHeader, FrameType } from "../../protocol/header";
import { claimKey, Direction, ROOT_BYTES, receiptKey } from "../../protocol/keys";
import { openFrame, sealFrame } from "../../protocol/seal";
import type { DeviceHello } from "../../protocol/session";
import type { Clock } from "../clock";
import { isOwnAlias, newAlias } from "./aliases";
import type { Devices } from "./devices";
import type { Keyring } from "./keyring";
import { isGenuine } from "./makers";
import { People } from "./people";
import { type ClaimMaker, Makers } from "./pinned";
import type { RefusalKind } from "./refusals";
import { RevocationLists } from "./revocations";
import type { Nonces } from "./sessions";

/** What a data directory is for; it is made so and stays so. */
export type DataKind = "home" | "demo" | "import";

/**
 * Why a claim ended without a handheld; of one that waits, how it looks so far. Wrong code: who holds the button has no
 * owner and another code. Foreign: has an owner. Already yours: proved by its keys. Before restore: was claimed by this
 * store, which was restored since from a backup that does not know it. Nobody: no button was held near the hub. Withdrawn: by whoever filed it.
 */
export type ClaimCode =
  | "wrong-code"
  | "foreign"
  | "already-yours"
  | "before-restore"
  | "nobody"
  | "withdrawn"
  | RefusalKind;

export interface ClaimState {
  state: "waiting" | "claimed" | "expired" | "refused";
  /** Device id in hex: of the one claimed, or of the one that this store claimed earlier by the same code. */
  device?: string;
  code?: ClaimCode;
  /** Of a real handheld that answered. */
  maker?: ClaimMaker;
}

interface ClaimRow {
  id: number;
  code: Buffer;
  person: string | null;
  filed_at: number;
  state: ClaimState["state"];
  device: Buffer | null;
  /** A ClaimCode. */
  detail: ClaimCode | null;
}

interface OfferRow {
  alias: Buffer;
  claim: number;
  hello_alias: Buffer;
  epoch: number;
  root: Buffer;
  made_at: number;
}

/** Claims that wait at once, roots offered for each, and old roots that may have been taken without our knowing. */
const MAX_WAITING = 8;
const MAX_OFFERS_PER_CLAIM = 64;
const MAX_OFFERS = 256;
/** No root of a claim filed within it is forgotten for newer ones: its handheld may just have taken it. */
const KEEP_OFFERS_MS = 3600000;
/** Claims that ended, kept so that they can still be asked about; of each handheld's the newest, by whose code it is known. */
const MAX_ENDED = 64;
/** Who was offered a root and asks for one again after so long does not have the code; before, a message may have crossed. */
const ANSWER_MS = 2000;

const codePlace = (claim: number) => `code of claim ${claim}`;
export const rootPlace = (alias: Uint8Array) => `root offered to ${toHex(alias)}`;

/** Files a claim; also for a process beside the one that runs the hub. @returns its number */
export function fileClaim(
  db: Database,
  keyring: Keyring,
  code: Uint8Array,
  person: string | undefined,
  at: number,
): number {
  return db
    .transaction(() => {
      const id = db.prepare("SELECT coalesce(max(id), 0) + 1 FROM claims").pluck().get() as number;
      db.prepare(
        `DELETE FROM claims WHERE id <= ? AND state <> 'waiting' AND id NOT IN (SELECT claim FROM offers)
         AND id NOT IN (SELECT max(id) FROM claims WHERE state = 'claimed' GROUP BY device)`,
      ).run(id - MAX_ENDED);
      db.prepare("INSERT INTO claims VALUES (?, ?, ?, ?, 'waiting', NULL, NULL)").run(
        id,
        keyring.wrap(code, codePlace(id)),
        person ?? null,
        at,
      );
      return id;
    })
    .immediate();
}

/**
 * Ends a claim that waits; also for a process beside the one that runs the hub. A handheld that was offered its root
 * before may still take it.
 */
export function withdrawClaim(db: Database, id: number): void {
  db.prepare(
    "UPDATE claims SET state = 'expired', detail = 'withdrawn' WHERE id = ? AND state = 'waiting'",
  ).run(id);
}

export function claimState(db: Database, keyring: Keyring, id: number): ClaimState | undefined {
  const row = db.prepare("SELECT * FROM claims WHERE id = ?").get(id) as ClaimRow | undefined;
  if (!row) return undefined;
  const met = row.state === "claimed" || row.detail === "other-maker";
  const maker = met
    ? new Makers(db, keyring).ofClaim(id, row.state === "claimed" ? row.device : null)
    : undefined;
  return {
    state: row.state,
    device: row.device ? toHex(row.device) : undefined,
    code: row.detail ?? undefined,
    ...(maker && { maker }),
  };
}

export class Claims {
  private readonly people: People;
  private readonly makers: Makers;
  private readonly revocations: RevocationLists;
  /** How the claims that wait look so far. In memory, because anybody may say hello: the disk hears of it now and then. */
  private readonly signs = new Map<number, ClaimCode>();
  /** Looked for several times a second. */
  private readonly selectWaiting: Statement;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly crypto: Crypto,
    private readonly clock: Clock,
    private readonly kind: DataKind,
    private readonly devices: Devices,
  ) {
    this.people = new People(db, keyring);
    this.makers = new Makers(db, keyring);
    this.revocations = new RevocationLists(db, keyring);
    this.selectWaiting = db.prepare("SELECT * FROM claims WHERE state = 'waiting' ORDER BY id DESC");
  }

  /** Ends the claims whose minute is over. @returns the newest that still waits, 0 = none */
  expire(): number {
    let newest = 0;
    for (const claim of this.waiting()) {
      const sign = this.signs.get(claim.id);
      if (Math.abs(this.clock.now() - claim.filed_at) >= CLAIM_WINDOW_MS)
        this.end(claim.id, "expired", sign ?? (this.offersFor(claim.id) > 0 ? "wrong-code" : "nobody"));
      else {
        newest = Math.max(newest, claim.id);
        if (sign && sign !== claim.detail) this.tell(claim.id, sign);
      }
    }
    // Those of claims that were withdrawn would stay.
    if (newest === 0) this.signs.clear();
    return newest;
  }

  /** Devices that this store claimed earlier by the code of a claim that waits, by id. */
  expected(): Set<string> {
    const owners = this.waiting().map((claim) => this.ownerOf(claim));
    return new Set(owners.filter((owner) => owner !== undefined));
  }

  /** This handheld of ours has proved just now that it is still so. */
  proved(device: string): void {
    for (const claim of this.waiting()) {
      if (this.ownerOf(claim) === device) this.end(claim.id, "refused", "already-yours");
    }
  }

  /** Somebody who has an owner, and not us, had his button held. Anybody can say so: it ends no claim. */
  heldElsewhere(alias: Uint8Array): void {
    const sign = isOwnAlias(this.keyring, alias) && this.wasRestored() ? "before-restore" : "foreign";
    for (const { id } of this.waiting()) this.signs.set(id, sign);
  }

  /** RK of a root that was offered under this alias, if one was. */
  offeredKey(alias: Uint8Array): Uint8Array | undefined {
    const offer = this.offers(alias).find((row) => sameBytes(row.alias, alias));
    return offer && receiptKey(this.crypto, this.keyring.unwrap(offer.root, rootPlace(offer.alias)));
  }

  /** The messages that offer a new root to whoever holds one of the codes that wait. */
  offer(hello: DeviceHello, storeNonce: Uint8Array): { messages: Uint8Array[]; refused?: RefusalKind } {
    this.expire();
    let refused: RefusalKind | undefined;
    const messages: Uint8Array[] = [];
    const codes: Uint8Array[] = [];
    for (const claim of this.waiting().slice(0, MAX_WAITING)) {
      const code = this.keyring.unwrap(claim.code, codePlace(claim.id));
      // Two roots under one code and one pair of nonces would be one key and nonce used twice.
      if (codes.some((other) => sameBytes(other, code)) || hello.epoch === 0xffff) continue;
      codes.push(code);
      const offer = this.offerOf(claim.id, hello);
      if (!offer) {
        refused = "hello-flood";
        continue;
      }
      const root = this.keyring.unwrap(offer.root, rootPlace(offer.alias));
      const key = claimKey(this.crypto, code, Direction.down, hello.nonce, storeNonce);
      const header = { type: FrameType.claim, epoch: offer.epoch, recording: 0, sequence: 0 };
      const body = encodeClaim({ root, alias: offer.alias, storeId: this.keyring.storeId });
      messages.push(sealFrame(this.crypto, key, header, body));
    }
    return { messages, refused };
  }

  /**
   * The handheld's answer, under the alias of its hello or under the one it was offered.
   * @param nonces of the hellos that it may answer
   * @returns the device now owned, or why the answer was refused
   */
  answer(alias: Uint8Array, nonces: Nonces[], message: Uint8Array): { device: string } | RefusalKind {
    let epoch: number;
    try {
      epoch = decodeHeader(message).epoch;
    } catch {
      return "malformed";
    }
    for (const offer of this.offers(alias)) {
      if (offer.epoch !== epoch) continue;
      const claim = this.db.prepare("SELECT * FROM claims WHERE id = ?").get(offer.claim) as ClaimRow;
      const code = this.keyring.unwrap(claim.code, codePlace(claim.id));
      const certificate = this.openAnswer(code, nonces, message);
      if (!certificate) continue;
      const id = certificate.device;
      const refused = this.reasonAgainst(id, certificate, epoch);
      if (refused === "other-maker") {
        // What it was offered stays: once its maker is pinned, the answer that it repeats is taken.
        if (claim.detail !== refused) this.meet(claim.id, certificate);
        return refused;
      }
      if (refused) {
        this.end(claim.id, "refused", refused);
        this.db.prepare("DELETE FROM offers WHERE alias = ?").run(offer.alias);
        return refused;
      }
      this.complete(claim, offer, id, certificate);
      return { device: toHex(id) };
    }
    return "claim-answer";
  }

  private openAnswer(code: Uint8Array, nonces: Nonces[], message: Uint8Array): Certificate | undefined {
    for (const { deviceNonce, storeNonce } of nonces) {
      const key = claimKey(this.crypto, code, Direction.up, deviceNonce, storeNonce);
      try {
        return decodeCertificate(openFrame(this.crypto, key, message));
      } catch {}
    }
    return undefined;
  }

  private reasonAgainst(id: Uint8Array, certificate: Certificate, epoch: number): RefusalKind | undefined {
    if (!isGenuine(certificate)) return "certificate";
    const simulated = certificate.deviceClass === DeviceClass.simulated;
    if (simulated && this.kind === "home") return "simulated-refused";
    if (!simulated && this.kind !== "home") return "real-refused";
    if (this.revocations.of(certificate)) return "revoked";
    const known = this.devices.get(toHex(id));
    // Whoever is believed as a maker of his own units is not so of another's.
    if (known && !sameBytes(decodeCertificate(known.row.certificate).maker, certificate.maker))
      return "certificate";
    if (known && epoch <= known.row.epoch) return "epoch";
    const isKnown = this.makers.isPinned(certificate.maker) || this.makers.awaitsFirst();
    return isKnown ? undefined : "other-maker";
  }

  /** Its owner says whether to believe its maker. */
  private meet(claim: number, { maker }: Certificate): void {
    this.db.transaction(() => {
      this.makers.meet(maker, this.clock.now(), claim);
      this.end(claim, "refused", "other-maker");
    })();
  }

  private complete(claim: ClaimRow, offer: OfferRow, id: Uint8Array, certificate: Certificate): void {
    this.db
      .transaction(() => {
        this.devices.register({
          id,
          certificate,
          alias: offer.alias,
          epoch: offer.epoch,
          root: this.keyring.unwrap(offer.root, rootPlace(offer.alias)),
          person: claim.person === null ? null : this.people.idOf(claim.person),
          at: this.clock.now(),
        });
        if (!this.makers.isPinned(certificate.maker))
          this.makers.pin(certificate.maker, this.clock.now(), { claim: claim.id });
        this.db
          .prepare("UPDATE claims SET state = 'claimed', detail = NULL, device = ? WHERE id = ?")
          .run(Buffer.from(id), claim.id);
        this.db.prepare("DELETE FROM offers WHERE claim = ?").run(claim.id);
      })
      .immediate();
    this.signs.delete(claim.id);
    this.devices.reload();
  }

  /**
   * The same root again for the same hello alias and epoch, so that repeated messages lead to one root.
   * @returns undefined when hellos under too many aliases were answered for this claim
   */
  private offerOf(claim: number, hello: DeviceHello): OfferRow | undefined {
    const epoch = hello.epoch + 1;
    const made = this.db
      .prepare("SELECT * FROM offers WHERE claim = ? AND hello_alias = ? AND epoch = ?")
      .get(claim, hello.alias, epoch) as OfferRow | undefined;
    if (made) {
      if (Math.abs(this.clock.now() - made.made_at) >= ANSWER_MS) this.signs.set(claim, "wrong-code");
      return made;
    }
    if (this.offersFor(claim) >= MAX_OFFERS_PER_CLAIM) return undefined;
    const alias = newAlias(this.keyring, this.crypto.random);
    const root = this.keyring.wrap(this.crypto.random(ROOT_BYTES), rootPlace(alias));
    const offer = {
      alias,
      claim,
      hello_alias: Buffer.from(hello.alias),
      epoch,
      root,
      made_at: this.clock.now(),
    };
    this.db
      .transaction(() => {
        this.db
          .prepare("INSERT INTO offers VALUES (@alias, @claim, @hello_alias, @epoch, @root, @made_at)")
          .run(offer);
        this.db
          .prepare(
            `DELETE FROM offers WHERE alias NOT IN (SELECT alias FROM offers ORDER BY made_at DESC LIMIT ?)
             AND claim NOT IN (SELECT id FROM claims WHERE state = 'waiting' OR abs(? - filed_at) < ?)`,
          )
          .run(MAX_OFFERS, offer.made_at, KEEP_OFFERS_MS);
      })
      .immediate();
    return offer;
  }

  private offers(alias: Uint8Array): OfferRow[] {
    return this.db
      .prepare("SELECT * FROM offers WHERE alias = @alias OR hello_alias = @alias")
      .all({ alias }) as OfferRow[];
  }

  private waiting(): ClaimRow[] {
    return this.selectWaiting.all() as ClaimRow[];
  }

  private offersFor(claim: number): number {
    return this.db.prepare("SELECT count(*) FROM offers WHERE claim = ?").pluck().get(claim) as number;
  }

  /** The device that this store claimed earlier by the same code. A unit's code is for life. */
  private ownerOf(claim: ClaimRow): string | undefined {
    const code = this.keyring.unwrap(claim.code, codePlace(claim.id));
    const claimed = this.db.prepare("SELECT * FROM claims WHERE state = 'claimed'").all() as ClaimRow[];
    const earlier = claimed.find((one) => {
      try {
        return sameBytes(this.keyring.unwrap(one.code, codePlace(one.id)), code);
      } catch {
        // A row that somebody altered tells nothing.
        return false;
      }
    });
    return earlier && toHex(earlier.device!);
  }

  private wasRestored(): boolean {
    return (this.db.prepare("SELECT count(*) FROM logs").pluck().get() as number) > 1;
  }

  private end(id: number, state: ClaimState["state"], code: ClaimCode): void {
    this.signs.delete(id);
    const claim = this.db.prepare("SELECT * FROM claims WHERE id = ?").get(id) as ClaimRow;
    const owner = this.ownerOf(claim);
    this.db
      .prepare("UPDATE claims SET state = ?, detail = ?, device = ? WHERE id = ?")
      .run(state, code, owner ? Buffer.from(owner, "hex") : null, id);
  }

  private tell(id: number, code: ClaimCode): void {
    this.db.prepare("UPDATE claims SET detail = ? WHERE id = ? AND state = 'waiting'").run(code, id);
  }
}
