/**
 * What Home Assistant takes for a discovery message of a device, transcribed by hand from its documentation
 * (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, …/sensor.mqtt, …/binary_sensor.mqtt) and
 * from the classes, units and categories of its entities (https://developers.home-assistant.io/docs/core/entity/sensor).
 */
import { z } from "zod";

const topic = z
  .string()
  .min(1)
  .max(65535)
  .regex(/^[^+#]+$/);
const template = z.string().regex(/^\{\{ value_json\.[a-z_]+ \}\}$/);
const entity = {
  unique_id: z.string().min(1),
  name: z.string().optional(),
  state_topic: topic,
  value_template: template.optional(),
  expire_after: z.number().int().positive().optional(),
  // A sensor or binary sensor of category "config" is refused.
  entity_category: z.literal("diagnostic").optional(),
};
const binarySensor = z.strictObject({
  platform: z.literal("binary_sensor"),
  ...entity,
  device_class: z.enum(["battery", "connectivity", "plug", "presence", "problem", "running"]).optional(),
});
const sensor = z
  .strictObject({
    platform: z.literal("sensor"),
    ...entity,
    device_class: z.enum(["voltage", "timestamp", "battery", "duration", "enum"]).optional(),
    unit_of_measurement: z.string().optional(),
    state_class: z.enum(["measurement", "total", "total_increasing"]).optional(),
    suggested_display_precision: z.number().int().optional(),
  })
  .refine(
    (one) => one.device_class !== "voltage" || ["V", "mV", "µV"].includes(one.unit_of_measurement ?? ""),
  )
  // A timestamp with a unit or a state class never holds a state.
  .refine((one) => one.device_class !== "timestamp" || !(one.unit_of_measurement || one.state_class));
/** With its platform alone a component is removed. */
const removal = z.strictObject({ platform: z.enum(["sensor", "binary_sensor"]) });

export const deviceDiscovery = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string().min(1)).min(1),
    name: z.string(),
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    sw_version: z.string().optional(),
  }),
  origin: z.strictObject({ name: z.string().min(1), sw_version: z.string().optional() }),
  availability_topic: topic,
  components: z.record(z.string(), z.union([sensor, binarySensor, removal])),
});
export type DeviceDiscovery = z.infer<typeof deviceDiscovery>;

/** `<discovery_prefix>/device/<object_id>/config` */
export const CONFIG_TOPIC = /^homeassistant\/device\/[a-zA-Z0-9_-]+\/config$/;
