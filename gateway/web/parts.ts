/** What the routes are made of: the store behind them, and access before them. */
import type { BackupRuns } from "../access/backupruns";
import type { Egress } from "../access/egress";
import type { Links } from "../access/links";
import type { Passwords } from "../access/passwords";
import type { Sessions } from "../access/sessions";
import type { SetupCode } from "../access/setupcode";
import type { SetupSteps } from "../access/setupsteps";
import type { Throttle } from "../access/throttle";
import type { Clock } from "../clock";
import type { Watcher } from "../delivery/watcher";
import type { NewestPulse } from "../findings/analyst";
import type { FreshBeats } from "../findings/follow";
import type { HubStatus } from "../health/status";
import type { Tally } from "../mqtt/tally";
import type { Way } from "../schema/delivery";
import type { Log } from "../store/log";
import type { Outbox } from "../store/outbox/outbox";
import type { Store } from "../store/store";

/** What the hub tells of itself to somebody else, all the time. */
export interface Outlet {
  kind: "homeassistant" | "broker";
  to: string;
  /** Whoever has it can read it; else it is sealed. */
  readable: boolean;
}

export interface ApiParts {
  dataDir: string;
  hub: HubView;
  outbox: Outbox<Way>;
  /** Beats of a recording (whole id) that an analysis has found and not kept yet. */
  freshBeats?: (recording: string) => FreshBeats | undefined;
  /** What analysis says of the newest seconds of a handheld (hex). */
  pulse?: (device: string) => NewestPulse | undefined;
  /** Of the running hub as a whole. */
  status?: () => HubStatus;
  /** Of the running hub, unless its alerts could not be started. */
  watcher?: Pick<Watcher, "watched" | "ping">;
  passwords: Passwords;
  sessions: Sessions;
  links: Links;
  throttle: Throttle;
  setupCode: SetupCode;
  steps: SetupSteps;
  backupRuns: BackupRuns;
  egress: Egress;
  /** That settings are written to; in the data directory by default. */
  configFile?: string;
  /** What the hub backs up to by itself. */
  backup?: { dir: string; everyHours: number };
  /** Runs one backup; resolves to why it failed, or nothing. In a process of its own by default. */
  runBackup?: (dir: string) => Promise<string | undefined>;
  /** The log's newest lines. */
  recentLog?: () => string[];
  /** Where media are plugged in. */
  media?: readonly string[];
  /** As the hub was configured; none by default. */
  outlets?: Outlet[];
  tally: Tally;
  clock: Clock;
  log: Log;
  scheme: "http" | "https";
  cookies: { session: string; browser: string };
  /** Whoever is on this machine is the owner until there is a password: bound to loopback, under no name. */
  open: boolean;
}

/** What the page may ask of the store. */
export const HUB_ACTIONS = [
  "command",
  "name",
  "claim",
  "withdrawClaim",
  "believeMaker",
  "addDossier",
  "addPerson",
  "changePerson",
  "assign",
  "assignDevice",
  "overRead",
] as const satisfies (keyof Store)[];

/** And what it sees of it. */
export type HubView = Pick<Store, "health" | "reader" | "events" | (typeof HUB_ACTIONS)[number]>;

/** Whether what it holds is no person's heart. */
export const isDemo = ({ hub }: Pick<ApiParts, "hub">): boolean => hub.reader.kind !== "home";
