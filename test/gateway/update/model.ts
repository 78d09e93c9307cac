/** A handheld as protocol/README.md says it is in an update, and the air between it and a hub, which loses what it is told to. */
import { createHash } from "node:crypto";
import { type Command, Op } from "../../../protocol/command";
import { decodeRelease, type Release } from "../../../protocol/release";
import { UpdatePhase as P, UpdateRefusal as R, type UpdateState } from "../../../protocol/update";
import type { Processor } from "../../firmware/slowhand";

const CHECK_MS = 4000;
const CLEAR_MS = 20_000;
const RESTART_MS = 2000;

/** What a model tells: a state, and that a session has begun. */
export interface Ears {
  heard(state: UpdateState): void;
  connected(): void;
}

export class ModelHandheld {
  running = 1;
  /** What stands in its flash. */
  image: Buffer = Buffer.alloc(0);
  refuses: number = R.none;
  comesUp = true;
  /** Chunks written, each but once. */
  written = 0;
  private phase = P.none;
  private about = 0;
  private refused = R.none;
  private release: Release | undefined;
  private offer: Buffer = Buffer.alloc(0);
  private next = "";
  private failed = 0;
  private busy: () => void = () => {};

  constructor(
    private readonly clock: Processor,
    /** Through the air. */
    private readonly ears: Ears,
  ) {}

  state(): UpdateState {
    const { phase, running, about: counter, refused } = this;
    return { phase, running, counter, taken: this.image.length, refused };
  }

  beginSession(): void {
    if (this.phase === P.trial) this.phase = P.kept;
    this.ears.connected();
    if (this.phase !== P.none) this.ears.heard(this.state());
  }

  take(command: Command): void {
    if (command.op === Op.offer) this.takeOffer(Buffer.from(command.bytes!));
    else if (command.op === Op.chunk) this.takeChunk(command.at!, Buffer.from(command.bytes!));
    else if (command.op === Op.swap) this.swap(command.counter!);
    else if (command.op === Op.cancel && command.counter === this.about) this.forget();
    else this.tell(R.none);
  }

  private tell(refused: number): void {
    this.refused = refused;
    this.ears.heard(this.state());
  }

  private enter(phase: number): void {
    this.phase = phase;
    this.tell(R.none);
  }

  private work(ms: number, run: () => void): void {
    this.busy();
    this.busy = this.clock.after(ms, run);
  }

  private forget(): void {
    this.busy();
    this.phase = P.none;
    this.about = 0;
    this.failed = 0;
    this.image = Buffer.alloc(0);
    this.tell(R.none);
  }

  private takeOffer(bytes: Buffer) {
    const underWay = this.phase >= P.clearing && this.phase <= P.ready;
    if (bytes.equals(this.offer) && underWay) return this.tell(R.none);
    const release = decodeRelease(bytes.subarray(2, 2 + bytes.readUInt16BE(0)));
    this.about = release.counter;
    this.phase = P.none;
    // Said again while the signature is being checked, it is checked no second time.
    if (bytes.equals(this.offer) && this.release) return;
    this.offer = bytes;
    this.release = release;
    this.work(CHECK_MS, () => this.judge(release));
  }

  private judge(release: Release) {
    this.release = undefined;
    if (release.counter < this.running) return this.tell(R.older);
    if (release.counter === this.running) return this.tell(R.same);
    if (release.counter === this.failed) return this.tell(R.failed);
    if (this.refuses) return this.tell(this.refuses);
    this.release = release;
    this.image = Buffer.alloc(0);
    this.enter(P.clearing);
    this.work(CLEAR_MS, () => {
      this.next = Buffer.from(release.head).toString("hex");
      this.enter(P.taking);
    });
  }

  private takeChunk(at: number, bytes: Buffer) {
    if (this.phase >= P.taking && at < this.image.length) return this.tell(R.none);
    const right = createHash("sha256").update(bytes.subarray(32)).update(bytes.subarray(0, 32)).digest("hex");
    if (this.phase !== P.taking || at !== this.image.length || right !== this.next) return this.tell(R.chunk);
    this.next = bytes.toString("hex", 0, 32);
    this.image = Buffer.concat([this.image, bytes.subarray(32)]);
    this.written++;
    this.tell(R.none);
    if (this.image.length === this.release!.bytes) this.work(CHECK_MS, () => this.enter(P.ready));
  }

  private swap(counter: number) {
    if (this.phase !== P.ready || counter !== this.about) return this.tell(R.notReady);
    if (this.refuses) return this.tell(this.refuses);
    this.tell(R.none);
    this.work(RESTART_MS, () => {
      this.refused = R.none;
      this.phase = this.comesUp ? P.trial : P.back;
      if (this.comesUp) this.running = counter;
      else this.failed = counter;
      this.release = undefined;
      this.beginSession();
    });
  }
}
