/** As much of Home Assistant's MQTT integration as its documentation tells: birth, discovery, states, availability. */
import assert from "node:assert/strict";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { type DeviceDiscovery, deviceDiscovery } from "./documented";

interface Entity {
  object: string;
  config: DeviceDiscovery["components"][string] & { state_topic: string; value_template: string };
  /** As the template renders it: "None" where nothing is known. */
  state?: string;
}

export class Assistant {
  /** By component. */
  readonly entities = new Map<string, Entity>();
  readonly devices = new Map<string, DeviceDiscovery>();
  readonly configs: string[] = [];
  readonly refused: string[] = [];
  availability?: string;
  private readonly last = new Map<string, string>();

  private constructor(
    private readonly client: MqttClient,
    private readonly prefix: string,
  ) {
    client.on("message", (topic, payload) => this.take(topic, payload.toString()));
  }

  static async begin(url: string, options: IClientOptions, prefix = "homeassistant"): Promise<Assistant> {
    const client = await mqtt.connectAsync(url, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      keepalive: 0,
      will: { topic: `${prefix}/status`, payload: Buffer.from("offline"), qos: 0, retain: false },
      ...options,
    });
    const assistant = new Assistant(client, prefix);
    for (const filter of ["sensor/+/config", "device/+/config", "device/+/+/config", "status"])
      await assistant.listen(`${prefix}/${filter}`);
    // Other makers' discovery, as the real one asks for it.
    await assistant.listen("tasmota/discovery/#");
    await assistant.birth();
    return assistant;
  }

  async birth(): Promise<void> {
    await this.client.publishAsync(`${this.prefix}/status`, "online", { qos: 0 });
  }

  end(): void {
    this.client.end(true);
  }

  states(): Record<string, string | undefined> {
    return Object.fromEntries([...this.entities].map(([key, { state }]) => [key, state]));
  }

  private async listen(topic: string): Promise<void> {
    const granted = await this.client.subscribeAsync(topic, { qos: 0 }).catch(() => undefined);
    if (!granted || granted[0]?.qos === 128) this.refused.push(topic);
  }

  private take(topic: string, text: string): void {
    const object = new RegExp(`^${this.prefix}/device/([a-zA-Z0-9_-]+)/config$`).exec(topic)?.[1];
    if (object !== undefined) this.configure(object, text);
    this.last.set(topic, text);
    for (const device of this.devices.values())
      if (device.availability_topic === topic) this.availability = text;
    for (const entity of this.entities.values())
      if (entity.config.state_topic === topic) this.render(entity, text);
  }

  private configure(object: string, text: string): void {
    this.configs.push(text);
    if (text === "") {
      this.devices.delete(object);
      for (const [key, entity] of this.entities) if (entity.object === object) this.entities.delete(key);
      return;
    }
    const device = deviceDiscovery.parse(JSON.parse(text));
    this.devices.set(object, device);
    void this.listen(device.availability_topic);
    for (const [key, config] of Object.entries(device.components)) {
      if (!("state_topic" in config)) this.entities.delete(key);
      else {
        assert.ok(config.unique_id.includes(object));
        this.entities.set(key, {
          object,
          config: config as Entity["config"],
          state: this.entities.get(key)?.state,
        });
        void this.listen(config.state_topic);
      }
    }
  }

  private render(entity: Entity, text: string): void {
    if (text === "") return;
    const key = /value_json\.([a-z_]+)/.exec(entity.config.value_template)![1]!;
    const value = JSON.parse(text)[key];
    assert.notEqual(value, undefined, `${text} has no ${key}`);
    entity.state = value === null ? "None" : String(value);
  }
}
