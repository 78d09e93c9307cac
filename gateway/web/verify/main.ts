/** The page that verifies: takes a file, has a thread judge it, and shows the verdict and the curve. It asks nobody. */
import { Verdict } from "../../../protocol/proof/lines";
import { type Key, LANGUAGE_NAMES, type Language, languageFor, Words } from "./language";
import { verdictNodes } from "./verdict";
import { Viewer } from "./viewer";
import type { Asked, Shown, Told } from "./worker";

/** Files above are refused before they are read: twice a proof, as in judge.ts. */
const MAX_FILE_BYTES = 134_217_728;
/** Of what is larger one byte too many is read, which the thread refuses: nothing that was brought is left out in silence. */
const MAX_TRUST_BYTES = 1_048_576;
const MAX_REVOCATIONS_BYTES = 8_388_608;

const one = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

class VerifyPage {
  private words = new Words(languageFor(navigator.languages));
  private thread: Worker | undefined;
  private file: { name: string; bytes: Uint8Array } | undefined;
  private readonly revocations: Uint8Array[] = [];
  private shown: Shown | undefined;
  private refusal: { code: string; message: string } | undefined;
  private viewer: Viewer | undefined;
  private asked = 0;
  private taken = 0;

  constructor() {
    const select = one<HTMLSelectElement>("language");
    for (const [tag, name] of Object.entries(LANGUAGE_NAMES)) select.append(new Option(name, tag));
    select.value = this.words.language;
    select.onchange = () => {
      this.words = new Words(select.value as Language);
      this.speak();
    };
    this.takeFiles();
    this.takeTrust();
    this.tools();
    this.speak();
  }

  private speak(): void {
    document.documentElement.lang = this.words.language;
    for (const element of document.querySelectorAll<HTMLElement>("[data-say]"))
      element.textContent = this.words.say(element.dataset.say as Key);
    one("paper").setAttribute("aria-label", this.words.say("paper"));
    document.title = `avnode: ${this.words.say("title")}`;
    this.sayRevocations();
    this.showResult();
    this.viewer?.speak(this.words);
  }

  private takeFiles(): void {
    const input = one<HTMLInputElement>("file");
    one("choose").onclick = () => input.click();
    input.onchange = () => {
      void this.take(input.files?.[0]);
      // The same file once more is a change, too.
      input.value = "";
    };
    const drop = one("drop");
    addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", () => drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      void this.take(event.dataTransfer?.files[0]);
    });
    addEventListener("paste", (event) => {
      const file = event.clipboardData?.files[0];
      if (file) void this.take(file);
    });
  }

  private takeTrust(): void {
    one<HTMLInputElement>("trust-file").onchange = async ({ target }) => {
      const file = (target as HTMLInputElement).files?.[0];
      if (file) one<HTMLTextAreaElement>("trust").value = await file.slice(0, MAX_TRUST_BYTES + 1).text();
      this.judge();
    };
    one<HTMLInputElement>("revocations").onchange = async ({ target }) => {
      this.revocations.length = 0;
      for (const file of (target as HTMLInputElement).files ?? [])
        this.revocations.push(new Uint8Array(await file.slice(0, MAX_REVOCATIONS_BYTES + 1).arrayBuffer()));
      this.sayRevocations();
      this.judge();
    };
    one("again").onclick = () => this.judge();
  }

  private sayRevocations(): void {
    const { length: count } = this.revocations;
    one("revocations-read").textContent = count > 0 ? this.words.say("revocations-read", { count }) : "";
  }

  private tools(): void {
    for (const name of ["back", "forward", "closer", "further", "whole", "usual"] as const)
      one(name).onclick = () => this.viewer?.[name]();
    one<HTMLSelectElement>("gain").onchange = ({ target }) =>
      this.viewer?.setGain(Number((target as HTMLSelectElement).value));
    const toggle = () => {
      const on = this.viewer?.toggleCalipers() ?? false;
      one("calipers").setAttribute("aria-pressed", String(on));
    };
    one("calipers").onclick = toggle;
    one("paper").addEventListener("calipers", toggle);
    one("foot-a").onclick = () => this.viewer?.choose("a");
    one("foot-b").onclick = () => this.viewer?.choose("b");
    one<HTMLInputElement>("ruler").onchange = ({ target }) => {
      const { width } = one("ruler-line").getBoundingClientRect();
      this.viewer?.laidRuler(width, Number((target as HTMLInputElement).value));
    };
  }

  private async take(file: File | undefined): Promise<void> {
    if (!file) return;
    const taken = ++this.taken;
    // "Judge again" is not to fall back on an earlier one.
    this.file = undefined;
    this.forget();
    if (file.size > MAX_FILE_BYTES) {
      this.refuse("FILE_SIZE", `${file.name} has ${file.size} bytes; a report has at most ${MAX_FILE_BYTES}`);
      return;
    }
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // The verdict is on what was brought last, whichever was read first.
      if (taken !== this.taken) return;
      this.file = { name: file.name, bytes };
      this.judge();
    } catch (error) {
      if (taken !== this.taken) return;
      this.refuse(
        "FILE_READ",
        `${file.name} cannot be read: ${(error as Error).message}; bring it again, as a file`,
      );
    }
  }

  /** Of what was shown before, nothing stays that could be taken for the next file's. */
  private forget(): void {
    this.thread?.terminate();
    this.viewer?.end();
    this.viewer = undefined;
    this.shown = undefined;
    this.refusal = undefined;
    one("viewer").hidden = true;
    one("calipers").setAttribute("aria-pressed", "false");
    this.showResult();
  }

  private judge(): void {
    if (!this.file) return;
    this.forget();
    one("working-text").textContent = this.words.say("working", { name: this.file.name });
    one<HTMLProgressElement>("bar").value = 0;
    one("working").hidden = false;
    const source = new Blob([one("thread").textContent!], { type: "text/javascript" });
    const address = URL.createObjectURL(source);
    this.thread = new Worker(address);
    this.thread.onmessage = ({ data }: MessageEvent<Told>) => this.told(data);
    this.thread.onerror = ({ message }) =>
      this.refuse("DEFECT", message || "the page's thread did not start");
    const brought = {
      bytes: this.file.bytes,
      trust: one<HTMLTextAreaElement>("trust").value,
      revocations: this.revocations,
    };
    this.tell({ kind: "judge", brought });
  }

  private tell(asked: Asked): void {
    this.thread?.postMessage(asked);
  }

  private told(told: Told): void {
    if (told.kind === "progress") one<HTMLProgressElement>("bar").value = told.share;
    else if (told.kind === "refused") this.refuse(told.code, told.message);
    else if (told.kind === "judged") this.judged(told.shown);
    // One that was overtaken by a later wish is not drawn.
    else if (told.n === this.asked) this.viewer?.take(told.pieces);
  }

  private refuse(code: string, message: string): void {
    one("working").hidden = true;
    this.refusal = { code, message };
    this.showResult();
  }

  private judged(shown: Shown): void {
    one("working").hidden = true;
    this.shown = shown;
    this.showResult();
    const { form, reach } = shown;
    if (!form || !reach) return;
    const box = one("paper");
    one("viewer").hidden = false;
    one("viewer").querySelector<HTMLElement>(".demo")!.hidden = !shown.isSimulated;
    const parts = {
      box,
      canvas: box.querySelector("canvas")!,
      ...{ scale: one("scale"), where: one("where"), reading: one("reading") },
    };
    const ask = (from: number, to: number, step: number) =>
      this.tell({ kind: "window", n: ++this.asked, from, to, step });
    this.viewer = new Viewer(parts, form, reach, ask, this.words);
  }

  private showResult(): void {
    const { shown, refusal, words } = this;
    one("result").replaceChildren(...verdictNodes(words, shown, refusal));
    one("gaps").textContent = shown?.form ? words.say("gaps", { count: shown.form.gaps.length }) : "";
    document.body.dataset.verdict = shown?.judged.verdict ?? (refusal ? Verdict.unknown : "");
  }
}

new VerifyPage();
