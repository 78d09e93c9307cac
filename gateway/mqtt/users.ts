/** Who may speak to the embedded broker, and about what: a user per role, its password made once per data directory. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CHECKPOINT_TOPIC, LIMITS_TOPIC, parseTopic, TOPIC_PREFIX, TopicKind } from "../../protocol/names";
import { birthTopic, isHomeAssistantTopic, mayHomeAssistantSubscribe } from "../homeassistant/topics";
import { StoreError } from "../store/errors";
import { readSecret, writeSecret } from "../store/secretfile";

const HUB_ROLES = ["relay", "store"] as const;
export type HubRole = (typeof HUB_ROLES)[number];
/** Home Assistant is a guest: it has a user only where its owner wants it to. */
const GUEST = "homeassistant";
export type BrokerRole = HubRole | typeof GUEST;

export interface BrokerUser {
  username: string;
  password: string;
}
export type BrokerUsers = Record<HubRole, BrokerUser> & Partial<Record<typeof GUEST, BrokerUser>>;

/** Retained, of the hub as a whole. */
export const OF_THE_STORE: readonly string[] = [CHECKPOINT_TOPIC, LIMITS_TOPIC];

const PASSWORD_BYTES = 32;
const MAX_TOPIC_LENGTH = 256;
/** What a handheld says goes one way, what the store answers the other: a stolen relay forges no downlink. */
const RIGHTS: Record<HubRole, { publish: string[]; subscribe: string[] }> = {
  relay: { publish: [TopicKind.frames, TopicKind.status], subscribe: [TopicKind.downlink] },
  store: { publish: [TopicKind.downlink], subscribe: [TopicKind.frames, TopicKind.status] },
};

export function brokerUsersPath(dataDir: string): string {
  return join(dataDir, "broker.json");
}

function makeUser(role: BrokerRole): BrokerUser {
  return { username: role, password: randomBytes(PASSWORD_BYTES).toString("base64url") };
}

/** @param withGuest Home Assistant's too */
export function makeBrokerUsers(withGuest = false): BrokerUsers {
  const own = { relay: makeUser("relay"), store: makeUser("store") };
  return withGuest ? { ...own, [GUEST]: makeUser(GUEST) } : own;
}

/** Of this data directory; each made the first time. @param withGuest Home Assistant's too; @throws BROKER_USERS_* */
export function loadBrokerUsers(dataDir: string, withGuest = false): BrokerUsers {
  const path = brokerUsersPath(dataDir);
  const known = existsSync(path) ? readUsers(path) : undefined;
  const users = known ?? makeBrokerUsers(withGuest);
  if (withGuest) users[GUEST] ??= makeUser(GUEST);
  if (!known || (withGuest && !known[GUEST])) writeSecret(path, `${JSON.stringify(users, null, 2)}\n`);
  const { relay, store } = users;
  return withGuest ? users : { relay, store };
}

function readUsers(path: string): BrokerUsers {
  const text = readSecret(path, "BROKER_USERS");
  try {
    const users = JSON.parse(text) as BrokerUsers;
    for (const role of [...HUB_ROLES, ...(users[GUEST] === undefined ? [] : ([GUEST] as const))]) {
      const { username, password } = users[role]!;
      if (username !== role || typeof password !== "string" || password.length < PASSWORD_BYTES)
        throw new Error(`it has no password for the ${role}`);
    }
    return users;
  } catch (cause) {
    throw new StoreError(
      "BROKER_USERS_FORM",
      `${path} is damaged: ${(cause as Error).message}. Remove it: a new one is made, which relays elsewhere must be given`,
      { cause },
    );
  }
}

/** @returns whose these credentials are, if anybody's; how long it takes tells nothing of how near they were */
export function roleOf(
  users: BrokerUsers,
  username: string,
  password: Uint8Array | string,
): BrokerRole | undefined {
  const digest = (text: Uint8Array | string) => createHash("sha256").update(text).digest();
  const given = digest(password);
  let found: BrokerRole | undefined;
  for (const role of [...HUB_ROLES, GUEST] as const) {
    const user = users[role];
    if (user && timingSafeEqual(given, digest(user.password)) && username === user.username) found = role;
  }
  return found;
}

/** @param prefixes of Home Assistant's topics; @returns why not, or undefined when it may */
export function refusedPublish(
  role: BrokerRole | undefined,
  topic: string,
  prefixes: readonly string[] = [],
): string | undefined {
  if (topic.length > MAX_TOPIC_LENGTH) return `a topic of ${topic.length} characters`;
  if (OF_THE_STORE.includes(topic))
    return role === "store" ? undefined : "only the store publishes checkpoints and what runs full";
  if (isHomeAssistantTopic(topic, prefixes))
    return role === "store" ? undefined : "only the store tells Home Assistant of handhelds";
  if (prefixes.some((prefix) => topic === birthTopic(prefix)))
    return role === GUEST ? undefined : "only Home Assistant says whether it runs";
  try {
    const { kind } = parseTopic(topic);
    if (role && role !== GUEST && RIGHTS[role].publish.includes(kind)) return undefined;
    return `a ${role ?? "stranger"} publishes no ${kind}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The filter may have a `+` where the alias stands; anybody of the hub may listen to checkpoints and to what runs full.
 * @param prefixes of Home Assistant's topics
 */
export function maySubscribe(
  role: BrokerRole | undefined,
  filter: string,
  prefixes: readonly string[] = [],
): boolean {
  if (role === undefined || filter.length > MAX_TOPIC_LENGTH) return false;
  if (role === GUEST) return mayHomeAssistantSubscribe(filter, prefixes);
  if (OF_THE_STORE.includes(filter)) return true;
  if (role === "store" && prefixes.some((prefix) => filter === birthTopic(prefix))) return true;
  const [, alias, kind] = /^([0-9a-f]{16}|\+)\/([a-z]+)$/.exec(filter.slice(TOPIC_PREFIX.length)) ?? [];
  return filter.startsWith(TOPIC_PREFIX) && alias !== undefined && RIGHTS[role].subscribe.includes(kind!);
}
