/**
 * Discovery of one handheld as a device with all its entities in one message.
 * Sources: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, …/sensor.mqtt, …/binary_sensor.mqtt
 */
import type { LimitName } from "../health/limits";
import type { DataKind } from "../store/claims";
import { availabilityTopic, stateTopic, valuesTopic } from "./topics";
import { VALUES_EXPIRE_S } from "./values";

export interface Discovered {
  /** StoreReader.pseudonym; also what its entities are known by. */
  id: string;
  /** The hub's. */
  hub: string;
  isSimulated: boolean;
  firmware?: string;
}

/** Entities of heart rate and findings: announced, not announced, or taken back. */
export type ValuesEntities = "announced" | "absent" | "removed";

type Component = { platform: "sensor" | "binary_sensor" } & Record<string, string | number>;

/** What they are called there; a ring is its handheld's memory. */
const LIMIT_NAMES: Record<LimitName, string> = { ring: "Memory", disk: "Disk", outbox: "Outbox" };

const template = (key: string) => `{{ value_json.${key} }}`;

/** Keys are those of StateMessage. */
const ENTITIES: Record<string, Component> = {
  battery: {
    platform: "sensor",
    name: "Battery",
    device_class: "voltage",
    unit_of_measurement: "V",
    state_class: "measurement",
    suggested_display_precision: 2,
    entity_category: "diagnostic",
  },
  electrodes: { platform: "binary_sensor", name: "Electrodes", device_class: "connectivity" },
  backlog: {
    platform: "sensor",
    name: "Backlog",
    unit_of_measurement: "frames",
    state_class: "measurement",
    entity_category: "diagnostic",
  },
  memory: {
    platform: "sensor",
    name: "Memory",
    unit_of_measurement: "%",
    state_class: "measurement",
    entity_category: "diagnostic",
  },
  memory_problem: {
    platform: "binary_sensor",
    name: "Memory runs full",
    device_class: "problem",
    entity_category: "diagnostic",
  },
  last_recording: { platform: "sensor", name: "Last recording", device_class: "timestamp" },
  connected: {
    platform: "binary_sensor",
    name: "Connection",
    device_class: "connectivity",
    entity_category: "diagnostic",
  },
};

/** Keys are those of ValuesMessage. */
const VALUES: Record<string, Component> = {
  heart_rate: {
    platform: "sensor",
    name: "Heart rate",
    unit_of_measurement: "bpm",
    state_class: "measurement",
    expire_after: VALUES_EXPIRE_S,
  },
  rhythm: { platform: "sensor", name: "Rhythm (no diagnosis)", expire_after: VALUES_EXPIRE_S },
  finding: { platform: "sensor", name: "Last finding (no diagnosis)", expire_after: VALUES_EXPIRE_S },
};

function entity(id: string, key: string, component: Component, topic: string): [string, Component] {
  const unique_id = `avnode_${id}_${key}`;
  return [key, { ...component, unique_id, state_topic: topic, value_template: template(key) }];
}

/**
 * The owner's name of the handheld is not sent: it may be a person's, a broker may be anybody's, and in Home Assistant
 * the device can be renamed for good.
 */
export function discoveryMessage({ id, hub, isSimulated, firmware }: Discovered, values: ValuesEntities) {
  const components = Object.entries(ENTITIES).map(([key, one]) => entity(id, key, one, stateTopic(id)));
  for (const [key, one] of Object.entries(VALUES)) {
    if (values === "announced") components.push(entity(id, key, one, valuesTopic(id)));
    // With its platform alone an entity is taken back.
    if (values === "removed") components.push([key, { platform: one.platform }]);
  }
  return {
    device: {
      identifiers: [`avnode_${id}`],
      name: `${isSimulated ? "SIMULATED " : ""}ECG handheld ${id.slice(0, 4)}`,
      manufacturer: "avnode",
      model: isSimulated ? "Simulated handheld" : "ECG handheld",
      ...(firmware === undefined ? {} : { sw_version: firmware }),
    },
    origin: { name: "avnode" },
    availability_topic: availabilityTopic(hub),
    components: Object.fromEntries(components),
  };
}

/** The hub as a device: how full it is. Keys are those of HubMessage. @param hub StoreReader.pseudonym of it */
export function hubDiscoveryMessage(hub: string, kind: DataKind, limits: readonly LimitName[]) {
  const components = limits.flatMap((limit) => [
    entity(hub, limit, { ...ENTITIES.memory!, name: LIMIT_NAMES[limit] }, stateTopic(hub)),
    entity(
      hub,
      `${limit}_problem`,
      { ...ENTITIES.memory_problem!, name: `${LIMIT_NAMES[limit]} runs full` },
      stateTopic(hub),
    ),
  ]);
  const next: Component = { platform: "sensor", name: "Do next", entity_category: "diagnostic" };
  components.push(entity(hub, "do_next", next, stateTopic(hub)));
  return {
    device: {
      identifiers: [`avnode_${hub}`],
      name: kind === "home" ? "ECG hub" : `${kind.toUpperCase()} ECG hub`,
      manufacturer: "avnode",
      model: "Hub",
    },
    origin: { name: "avnode" },
    availability_topic: availabilityTopic(hub),
    components: Object.fromEntries(components),
  };
}
