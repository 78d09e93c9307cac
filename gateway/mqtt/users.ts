/** Who may speak to the embedded broker, and about what: a user per role, its password made once per data directory. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CHECKPOINT_TOPIC, parseTopic, TOPIC_PREFIX, TopicKind } from "../../protocol/names";
import { StoreError } from "../store/errors";
import { readSecret, writeSecret } from "../store/secretfile";

const BROKER_ROLES = ["relay", "store"] as const;
export type BrokerRole = (typeof BROKER_ROLES)[number];

export interface BrokerUser {
  username: string;
  password: string;
}
export type BrokerUsers = Record<BrokerRole, BrokerUser>;

const PASSWORD_BYTES = 32;
const MAX_TOPIC_LENGTH = 256;
/** What a handheld says goes one way, what the store answers the other: a stolen relay forges no downlink. */
const RIGHTS: Record<BrokerRole, { publish: string[]; subscribe: string[] }> = {
  relay: { publish: [TopicKind.frames, TopicKind.status], subscribe: [TopicKind.downlink] },
  store: { publish: [TopicKind.downlink], subscribe: [TopicKind.frames, TopicKind.status] },
};

export function brokerUsersPath(dataDir: string): string {
  return join(dataDir, "broker.json");
}

export function makeBrokerUsers(): BrokerUsers {
  const user = (role: BrokerRole) => ({
    username: role,
    password: randomBytes(PASSWORD_BYTES).toString("base64url"),
  });
  return { relay: user("relay"), store: user("store") };
}

/** Of this data directory; made the first time. @throws BROKER_USERS_* */
export function loadBrokerUsers(dataDir: string): BrokerUsers {
  const path = brokerUsersPath(dataDir);
  if (!existsSync(path)) {
    const users = makeBrokerUsers();
    writeSecret(path, `${JSON.stringify(users, null, 2)}\n`);
    return users;
  }
  const text = readSecret(path, "BROKER_USERS");
  try {
    const users = JSON.parse(text) as BrokerUsers;
    for (const role of BROKER_ROLES) {
      const { username, password } = users[role];
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
  for (const role of BROKER_ROLES)
    if (timingSafeEqual(given, digest(users[role].password)) && username === users[role].username)
      found = role;
  return found;
}

/** @returns why not, or undefined when it may */
export function refusedPublish(role: BrokerRole | undefined, topic: string): string | undefined {
  if (topic.length > MAX_TOPIC_LENGTH) return `a topic of ${topic.length} characters`;
  if (topic === CHECKPOINT_TOPIC)
    return role === "store" ? undefined : "only the store publishes checkpoints";
  try {
    const { kind } = parseTopic(topic);
    if (role && RIGHTS[role].publish.includes(kind)) return undefined;
    return `a ${role ?? "stranger"} publishes no ${kind}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The filter may have a `+` where the alias stands; anybody may listen to checkpoints. */
export function maySubscribe(role: BrokerRole | undefined, filter: string): boolean {
  if (role === undefined || filter.length > MAX_TOPIC_LENGTH) return false;
  if (filter === CHECKPOINT_TOPIC) return true;
  const [, alias, kind] = /^([0-9a-f]{16}|\+)\/([a-z]+)$/.exec(filter.slice(TOPIC_PREFIX.length)) ?? [];
  return filter.startsWith(TOPIC_PREFIX) && alias !== undefined && RIGHTS[role].subscribe.includes(kind!);
}
