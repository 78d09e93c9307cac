import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { CLAIM_WINDOW_MS, decodeClaimCode } from "../../protocol/claim";
import { answerTo, type ClaimAnswer, claimed } from "../claim/answers";
import { deafness, unheard } from "../claim/deaf";
import type { ClaimState } from "../store/claims";
import { askLine } from "./asking";
import { askHub, requireHub } from "./connection";
import { keepPapers, readPapers } from "./papers";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

const POLL_MS = 250;
/** The hub looks at filed claims now and then, and ends them itself. */
const PATIENCE_MS = CLAIM_WINDOW_MS + 5000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface ClaimWords extends DataOption {
  photo?: string;
  nearby?: boolean;
  person?: string;
  dossier?: string;
  json?: boolean;
}

export function addClaim(program: Command, terminal: Terminal): void {
  program
    .command("claim [code...]")
    .description(
      "take ownership of a handheld by its concealed code, asked for if not given; hold its button meanwhile",
    )
    .option("--photo <file>", "read the code from a photo of the handheld's QR (JPEG or PNG)")
    .option("--nearby", "first show which handhelds without an owner are near the hub")
    .option("--person <name>", "whose recordings its next ones are")
    .option(
      "--dossier <file>",
      "the handheld's public papers from its maker, by which its signatures are checked",
    )
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (words: string[], options: ClaimWords) => {
      const ways = [words.length > 0, options.photo !== undefined, options.nearby].filter(Boolean);
      if (ways.length > 1)
        throw new CliError(
          Exit.usage,
          "give the code, or --photo FILE, or --nearby: one of the three, or none to be asked",
        );
      const given =
        ways.length === 0 || options.nearby ? undefined : await codeOf(words.join(""), options.photo);
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      requireHub(dataDir, "claim");
      const papers = options.dossier === undefined ? undefined : readPapers(options.dossier);
      const code = given ?? (await askCode(dataDir, options.nearby === true, terminal));
      const deaf = deafness(await askHub(dataDir, terminal));
      if (deaf) terminal.say(`this hub hears nothing itself: ${deaf.why}; waiting for a relay elsewhere`);
      const end = await endOfClaim(dataDir, code, options.person, terminal);
      if (papers && end.state === "claimed") keepPapers(dataDir, papers, end.device!, terminal);
      // It may hear by now.
      const still = deaf && end.code === "nobody" ? deafness(await askHub(dataDir, terminal)) : undefined;
      tellEnd(end, still ? unheard(still) : answerTo(end.code, end.maker), options.json === true, terminal);
    });
}

async function codeOf(typed: string, photo: string | undefined): Promise<Uint8Array> {
  if (photo === undefined) return decodeClaimCode(typed);
  const { codeFromPhoto } = require("../claim/photo") as typeof import("../claim/photo");
  return codeFromPhoto(photo);
}

/** Typed here the code stands neither in the shell's history nor among the processes' arguments. */
async function askCode(dataDir: string, nearby: boolean, terminal: Terminal): Promise<Uint8Array> {
  if (nearby) {
    // Loaded late: a code that is typed needs no list.
    const { chooseNearby } = require("./nearby") as typeof import("./nearby");
    await chooseNearby(dataDir, terminal);
  }
  const typed = (await askLine(terminal, "its code, or the file of a photo of its QR: ")).trim();
  return existsSync(typed) ? codeOf("", typed) : codeOf(typed, undefined);
}

/** @param answer where it is not claimed; @throws CliError for every end but a handheld */
function tellEnd(end: ClaimState, answer: ClaimAnswer, json: boolean, terminal: Terminal): void {
  const { state, code, device, maker } = end;
  const isClaimed = state === "claimed";
  const { detail, next } = isClaimed ? claimed(maker) : answer;
  if (json) terminal.json({ state, code, device, maker, detail, next });
  else if (isClaimed) terminal.print(`claimed handheld ${device}`);
  if (isClaimed && maker && !json) terminal.say(`${detail}; ${next}`);
  if (isClaimed) return;
  const whose = device === undefined ? "" : ` (the code is that of your handheld ${device})`;
  throw new CliError(Exit.no, `not claimed: ${detail}${whose}; ${next}`);
}

/** How a claim ended, once it has. */
async function endOfClaim(
  dataDir: string,
  code: Uint8Array,
  person: string | undefined,
  terminal: Terminal,
): Promise<ClaimState> {
  const { fileClaimBeside, withdrawClaimBeside } =
    require("../store/store") as typeof import("../store/store");
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const id = fileClaimBeside(dataDir, code, person);
  const reader = StoreReader.open(dataDir);
  // Left open it would take whoever's button is held until its minute is over. A second signal ends the process.
  const withdraw = () => withdrawClaimBeside(dataDir, id);
  for (const signal of SIGNALS) process.once(signal, withdraw);
  const until = Date.now() + PATIENCE_MS;
  const countdown = terminal.stderr.isTTY;
  if (!countdown) terminal.say("hold the handheld's button");
  let told: string | undefined;
  try {
    for (;;) {
      const left = until - Date.now();
      const claim = reader.claimState(id);
      if (claim && claim.state !== "waiting") return claim;
      if (left <= 0) return { state: "expired", code: claim?.code ?? "nobody", device: claim?.device };
      if (countdown) terminal.stderr.write("\r\x1b[K");
      // Not the end yet: the right handheld may still come.
      if (claim?.code && claim.code !== told) terminal.say(`so far: ${answerTo(claim.code).detail}`);
      told = claim?.code;
      if (countdown) terminal.stderr.write(`hold the handheld's button: ${Math.ceil(left / 1000)} s left`);
      await wait(POLL_MS);
    }
  } finally {
    if (countdown) terminal.stderr.write("\r\x1b[K");
    for (const signal of SIGNALS) process.off(signal, withdraw);
    reader.close();
  }
}
