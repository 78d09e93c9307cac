/** `avnode start` as it is shipped, with its page, in a process that tests kill and start again; and whoever looks at it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { buildAnswerForm } from "../../tools/answerform";
import { buildPage } from "../../tools/page";
import { type Built, built } from "../gateway/cli/built";

const ROOT = join(__dirname, "../..");
const ADDRESS = /page: (https?:\/\/\S+)/;
const CODE = /the code is ([\w-]+)/;

export class PageHub {
  private hub: ChildProcess | undefined;
  private said = "";
  private port = 0;

  private constructor(
    readonly program: Built,
    readonly folder: string,
    private readonly words: string[],
  ) {}

  /** Program and page, built of today's source; nothing runs yet. */
  static async build(...words: string[]): Promise<PageHub> {
    const program = built();
    const folder = dirname(dirname(program.program));
    await buildPage(join(folder, "dist/page"));
    buildAnswerForm(join(folder, "dist/answer-form.html"));
    mkdirSync(join(folder, "tools/sim"), { recursive: true });
    symlinkSync(join(ROOT, "tools/sim/records"), join(folder, "tools/sim/records"));
    return new PageHub(program, folder, words);
  }

  /** @param until what it has said by then @param web of its configuration, beside the port; @param more lines of it */
  async start(until: RegExp, web: Record<string, string> = {}, more: string[] = []): Promise<void> {
    const config = join(this.folder, "avnode.yaml");
    const lines = Object.entries({ ...web, port: this.port }).map(([key, value]) => `  ${key}: ${value}`);
    writeFileSync(config, ["broker:", "  port: 0", "web:", ...lines, ...more, ""].join("\n"));
    const words = ["start", ...this.words, "--config", config, "--data", join(this.folder, "data")];
    this.said = "";
    const hub = spawn(process.execPath, [this.program.program, ...words], { cwd: this.folder });
    this.hub = hub;
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        this.said += chunk;
        if (ADDRESS.test(this.said) && until.test(this.said)) resolve();
      };
      hub.stdout.on("data", hear);
      hub.stderr.on("data", hear);
      hub.once("close", () => reject(new Error(this.said)));
    });
    // Browsers find it where it was.
    this.port = Number(new URL(this.address).port);
  }

  get address(): string {
    return ADDRESS.exec(this.said)![1]!;
  }

  /** What the first owner has to show. */
  get code(): string {
    return CODE.exec(this.said)![1]!;
  }

  async stop(signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<void> {
    const { hub } = this;
    this.hub = undefined;
    if (!hub || hub.exitCode !== null) return;
    const closed = once(hub, "close");
    hub.kill(signal);
    await closed;
  }

  async remove(): Promise<void> {
    await this.stop();
    this.program.remove();
  }
}

/** Collects what the browser complains of, and what it asks of anybody but the hub. */
export async function watched(context: BrowserContext, address: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith(`blob:${address}`)) complaints.push(`asked ${url}`);
  });
  return page;
}

/** As an owner of a hub without a password is let in on the hub's own machine. */
export async function letIn(context: BrowserContext, address: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${address}/healthz`);
  await page.evaluate(
    `fetch("/api/login", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })`,
  );
  await page.close();
}

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const nameOfFocus = `(() => {
    const one = document.activeElement;
    return (one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || "").trim();
  })()`;
  const isIt = (text: string) => (typeof name === "string" ? text === name : name.test(text));
  const seen: string[] = [];
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press("Tab");
    const text = (await page.evaluate(nameOfFocus)) as string;
    if (isIt(text)) return;
    seen.push(text);
  }
  assert.fail(`no stop is called ${name}: ${seen.join(" | ")}`);
}
