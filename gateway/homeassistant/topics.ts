/**
 * Where Home Assistant finds handhelds, and what the embedded broker lets it see.
 * Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
 */

export const DEFAULT_PREFIX = "homeassistant";
/** Never within what avnode itself says: whoever may listen under a prefix may listen to all of it. */
export const PREFIX_PATTERN = /^(?!avnode(\/|$))[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,7}$/;
const ROOT = "avnode/ha/";
const ID = "[0-9a-f]{16}";
const RETAINED_LEAVES = ["state", "status"];
const LEAVES = [...RETAINED_LEAVES, "values"];

/** A device with all its entities in one message; retained. @param id StoreReader.pseudonym */
export function configTopic(prefix: string, id: string): string {
  return `${prefix}/device/avnode_${id}/config`;
}

/** What the handheld says of itself as a device; retained. */
export function stateTopic(id: string): string {
  return `${ROOT}${id}/state`;
}

/** Heart rate and findings; never retained, so that no broker keeps them. */
export function valuesTopic(id: string): string {
  return `${ROOT}${id}/values`;
}

/** Whether the hub runs: "online" or "offline"; retained. */
export function availabilityTopic(hub: string): string {
  return `${ROOT}${hub}/status`;
}

/** Home Assistant's own: "online" when it has begun, "offline" when it ends. */
export function birthTopic(prefix: string): string {
  return `${prefix}/status`;
}

function leafOf(topic: string): string | undefined {
  return new RegExp(`^${ROOT}${ID}/([a-z]+)$`).exec(topic)?.[1];
}

function isConfig(topic: string, prefixes: readonly string[]): boolean {
  const [, prefix] = new RegExp(`^(.+)/device/avnode_${ID}/config$`).exec(topic) ?? [];
  return prefix !== undefined && prefixes.includes(prefix);
}

export function isHomeAssistantTopic(topic: string, prefixes: readonly string[]): boolean {
  if (prefixes.length === 0) return false;
  return isConfig(topic, prefixes) || LEAVES.includes(leafOf(topic) ?? "");
}

export function isRetainedForHomeAssistant(topic: string, prefixes: readonly string[]): boolean {
  return isConfig(topic, prefixes) || RETAINED_LEAVES.includes(leafOf(topic) ?? "");
}

/** Under its prefix whatever it likes: nobody but the hub and itself says something there. */
export function mayHomeAssistantSubscribe(filter: string, prefixes: readonly string[]): boolean {
  if (prefixes.some((prefix) => filter.startsWith(`${prefix}/`))) return true;
  return prefixes.length > 0 && new RegExp(`^${ROOT}(${ID}|\\+)/(${LEAVES.join("|")})$`).test(filter);
}
