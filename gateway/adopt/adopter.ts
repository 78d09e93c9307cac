/**
 * Adopts, in the hub, the files that wait: one after the other, beside receipts. Killed at any point it begins the file
 * anew, and of one that was all there says that it is known: each is here once.
 */
import { rmSync } from "node:fs";
import type { Clock } from "../clock";
import { type Adoption, Adoptions } from "../store/adoptions";
import { codeOf } from "../store/errors";
import type { Log } from "../store/log";
import type { Store } from "../store/store";
import { type Adopted, adoptFile } from "./adopt";
import { AdoptError } from "./error";
import type { OldFile } from "./oldfile";
import { openOnThread } from "./onthread";
import { sweepCopies, waitingFile } from "./waiting";

const LOOK_EVERY_MS = 500;
/** A file that ends the hub each time must not do so for ever. */
const MAX_TRIES = 3;
/** What files and the store say; anything else is a defect of ours. */
const KNOWN = /^(ADOPT|EDF|DICOM|STORE)_/;

interface AdopterParts {
  store: Store;
  dataDir: string;
  clock: Clock;
  log: Log;
}

export class Adopter {
  private readonly adoptions: Adoptions<Adopted>;
  private cancel: () => void;
  private running: Promise<void> | undefined;
  private reading: OldFile | undefined;
  private stopped = false;

  constructor(private readonly parts: AdopterParts) {
    const { dataDir, clock } = parts;
    this.adoptions = Adoptions.open(dataDir);
    for (const { file, done, refused } of this.adoptions.all())
      if (done ?? refused) rmSync(waitingFile(dataDir, file), { force: true });
    const names = this.adoptions.waiting().map(({ file }) => file);
    sweepCopies(dataDir, names, clock.now());
    this.cancel = clock.after(0, () => this.look());
  }

  /** What it is in the middle of begins anew at the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    this.reading?.close();
    await this.running;
    this.adoptions.close();
  }

  private look(): void {
    const { clock, log } = this.parts;
    this.running = this.adoptNext()
      .catch((error: Error) => log.error({ code: codeOf(error) }, `cannot adopt: ${error.stack}`))
      .finally(() => {
        if (!this.stopped) this.cancel = clock.after(LOOK_EVERY_MS, () => this.look());
      });
  }

  private async adoptNext(): Promise<void> {
    const [first] = this.adoptions.waiting();
    if (!first) return;
    const adoption = { ...first, tries: first.tries + 1 };
    this.adoptions.tell(adoption);
    const outcome = await this.outcomeOf(adoption);
    if (this.stopped && outcome.refused) return this.adoptions.tell(first);
    this.adoptions.tell({ ...adoption, ...outcome });
    rmSync(waitingFile(this.parts.dataDir, adoption.file), { force: true });
  }

  private async outcomeOf({ file, person, tries }: Adoption<Adopted>): Promise<Outcome> {
    const { store, dataDir, log } = this.parts;
    const open = async (path: string) => {
      this.reading = await openOnThread(path);
      if (this.stopped) this.reading.close();
      return this.reading;
    };
    try {
      if (tries > MAX_TRIES)
        throw new AdoptError("ADOPT_TRIES", `ended the hub ${MAX_TRIES} times`, "write it in another format");
      const done = await adoptFile(store, waitingFile(dataDir, file), person, open);
      log.info({ recording: done.id, known: done.known }, "adopted a file");
      return { done };
    } catch (error) {
      const code = codeOf(error);
      const { message } = error as Error;
      if (KNOWN.test(code)) return { refused: { code, message } };
      log.error({ code, error: (error as Error).stack }, "a file could not be adopted");
      return { refused: { code: "ADOPT_DEFECT", message: "the hub failed at it; its log says why" } };
    } finally {
      this.reading = undefined;
    }
  }
}

type Outcome = Pick<Adoption<Adopted>, "done" | "refused">;
