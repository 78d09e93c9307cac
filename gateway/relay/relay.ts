/**
 * Between radio and broker, without a key: puts notifications together and cuts answers up. It keeps nothing that
 * matters. Kill it at any time: handhelds say hello to the next one and send again what no receipt covers.
 */
import { fromHex, toHex } from "../../protocol/bytes";
import { FrameType } from "../../protocol/header";
import { parseTopic, TopicKind, topic } from "../../protocol/names";
import { decodeDeviceHello, messageType } from "../../protocol/session";
import { type Clock, systemClock } from "../clock";
import type { PresenceStatus } from "../health/status";
import { type BrokerAddress, Connection } from "../mqtt/client";
import { decodeEnvelope, encodeEnvelope } from "../mqtt/envelope";
import { Outbox } from "../mqtt/outbox";
import { Tally } from "../mqtt/tally";
import type { Radio, RadioLink } from "../radio/radio";
import { type Log, silentLog } from "../store/log";
import { Link } from "./link";

/**
 * A link of whatever radio that says nothing for so long after connecting is let go: a handheld says hello at once, and
 * again every 3 s.
 */
const FIRST_FRAME_MS = 5000;
/** Presence is said again so often; whoever reads one twice as old takes the relay for gone. */
const PRESENCE_MS = 60000;
/** Messages kept while the broker has not yet confirmed the subscription to their answers. */
const MAX_EARLY = 64;

/** Names that one link may say: a handheld has one, and another after a claim. */
const MAX_ALIASES = 8;

/**
 * Links that one alias may have: its handheld's, the one whose end goes unnoticed, and one more. An alias is read off
 * the air by anybody, so whoever says it has not proved that it is the handheld.
 */
const MAX_LINKS = 3;

/** What the store seals for a session only once something opened under the handheld's own key. */
const PROOFS = [FrameType.receipt, FrameType.command];

export interface RelayOptions {
  radio: Radio;
  broker: BrokerAddress;
  clock?: Clock;
  log?: Log;
  /** Told of every refusal of bytes from the radio, beside the log. @param alias as its hello said */
  onRefused?: (alias: Uint8Array | undefined) => void;
}

/** A handheld that is here: its links (a new one may open before the old one's end is noticed), and what waits. */
interface Presence {
  alias: Uint8Array;
  /** In the order of their hellos, at most MAX_LINKS; all hear what comes down, so none takes it from another. */
  links: Set<Link>;
  /** The one that was alone when the store answered as only the handheld itself is answered. */
  proved?: Link;
  since: number;
  /** Undefined once answers can arrive: before that, whatever is sent up may be answered to nobody. */
  early?: Uint8Array[];
}

export class Relay {
  private readonly clock: Clock;
  private readonly radio: Radio;
  private readonly onRefused: (alias: Uint8Array | undefined) => void;
  private readonly tally: Tally;
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly links = new Map<RadioLink, Link>();
  private readonly said = new WeakMap<Link, Set<string>>();
  private readonly presences = new Map<string, Presence>();
  private cancelPresence: () => void = () => {};

  constructor(options: RelayOptions) {
    const log = options.log ?? silentLog;
    this.clock = options.clock ?? systemClock;
    this.radio = options.radio;
    this.onRefused = options.onRefused ?? (() => {});
    this.tally = new Tally("relay", this.clock, log);
    this.connection = new Connection("relay", options.broker, log, (name, payload) =>
      this.down(name, payload),
    );
    this.outbox = new Outbox("frames", this.connection, this.clock, (messages) =>
      this.tally.count(
        "dropped",
        "dropped messages because MQTT is down or behind; handhelds send them again",
        messages,
      ),
    );
    this.radio.start({
      onLink: (link) => this.opened(link),
      onNotification: (link, bytes) => this.up(link, bytes),
      onClosed: (link) => this.closed(link),
    });
    this.sayPresences();
  }

  get connected(): boolean {
    return this.connection.connected;
  }

  presenceStatus(): PresenceStatus[] {
    return [...this.presences].map(([alias, { links, since }]) => ({
      alias,
      links: [...links].map((link) => link.radio.id),
      since,
    }));
  }

  /** What was refused or dropped, by kind. */
  refusals(): Record<string, number> {
    return this.tally.totals();
  }

  async stop(): Promise<void> {
    this.cancelPresence();
    await this.radio.stop();
    for (const link of [...this.links.keys()]) this.closed(link);
    this.outbox.flush();
    await this.connection.close();
  }

  private opened(radioLink: RadioLink): void {
    const link = new Link(radioLink);
    this.links.set(radioLink, link);
    link.heard = this.clock.after(FIRST_FRAME_MS, () => {
      this.tally.count("silent", "let go of a link that said nothing");
      radioLink.close("first-frame");
    });
  }

  private closed(radioLink: RadioLink): void {
    const link = this.links.get(radioLink);
    if (!link) return;
    link.heard();
    this.links.delete(radioLink);
    this.leave(link);
  }

  private up(radioLink: RadioLink, notification: Uint8Array): void {
    const link = this.links.get(radioLink);
    if (!link) return;
    link.heard();
    try {
      const message = link.take(notification);
      if (message) this.publish(link, message);
    } catch (error) {
      this.refused(error);
      this.onRefused(link.alias === undefined ? undefined : fromHex(link.alias));
    }
  }

  /** @throws HELLO_*, FRAME_VERSION */
  private publish(link: Link, message: Uint8Array): void {
    if (messageType(message) === FrameType.deviceHello) this.enter(link, decodeDeviceHello(message).alias);
    const presence = link.alias === undefined ? undefined : this.presences.get(link.alias);
    if (!presence)
      this.tally.count("before-hello", "dropped a message of a handheld that has not said hello");
    else if (!presence.early) this.outbox.add(presence.alias, message);
    else if (presence.early.length < MAX_EARLY) presence.early.push(message);
    else
      this.tally.count(
        "dropped",
        "dropped messages because MQTT is down or behind; handhelds send them again",
      );
  }

  /** The link belongs to this alias from now on. */
  private enter(link: Link, alias: Uint8Array): void {
    const hex = toHex(alias);
    if (link.alias === hex) return;
    const said = this.said.get(link) ?? new Set();
    this.said.set(link, said.add(hex));
    this.leave(link);
    if (said.size > MAX_ALIASES) {
      this.tally.count("many-aliases", `let go of a link that said more than ${MAX_ALIASES} names`);
      link.radio.close("refused");
      return;
    }
    link.alias = hex;
    const known = this.presences.get(hex);
    if (known) {
      known.links.add(link);
      if (known.links.size > MAX_LINKS) this.crowd(known);
      return;
    }
    const presence: Presence = { alias, links: new Set([link]), since: this.clock.now(), early: [] };
    this.presences.set(hex, presence);
    this.connection.subscribe(topic(alias, TopicKind.downlink), () => this.release(presence));
    this.say(presence, true);
  }

  /** The newest stays, as it may be the handheld that comes back; so does the one that proved itself. */
  private crowd(presence: Presence): void {
    for (const link of presence.links) {
      if (link === presence.proved) continue;
      this.tally.count("many-links", `let go of a link: more than ${MAX_LINKS} said one name`);
      // Not in the set any more, however long the radio takes to close it.
      this.closed(link.radio);
      link.radio.close("superseded");
      return;
    }
  }

  /** Without a key nobody can tell whose of several links it was: only one that is alone is sure. */
  private prove(presence: Presence): void {
    if (presence.links.size === 1) [presence.proved] = presence.links;
    if (presence.proved) this.radio.proved?.(presence.proved.radio);
    else for (const link of presence.links) this.radio.proved?.(link.radio);
  }

  private leave(link: Link): void {
    const presence = link.alias === undefined ? undefined : this.presences.get(link.alias);
    if (!presence) return;
    link.alias = undefined;
    presence.links.delete(link);
    if (presence.proved === link) presence.proved = undefined;
    if (presence.links.size > 0) return;
    this.presences.delete(toHex(presence.alias));
    // Nobody is there for the answers any more; the frames are worth storing all the same.
    this.release(presence);
    this.connection.unsubscribe(topic(presence.alias, TopicKind.downlink));
    presence.since = this.clock.now();
    this.say(presence, false);
  }

  private release(presence: Presence): void {
    for (const message of presence.early ?? []) this.outbox.add(presence.alias, message);
    presence.early = undefined;
  }

  private down(name: string, payload: Buffer): void {
    try {
      const envelope = decodeEnvelope(payload);
      const presence = this.presences.get(toHex(parseTopic(name).alias));
      if (!presence) return;
      if (envelope.type !== "avnode/downlink") {
        this.tally.count("envelope-type", `refused an envelope of type ${envelope.type} on the downlink`);
        return;
      }
      for (const message of envelope.messages) {
        for (const link of presence.links) link.send(message);
        if (PROOFS.includes(messageType(message))) this.prove(presence);
      }
    } catch (error) {
      this.refused(error);
    }
  }

  private sayPresences(): void {
    for (const presence of this.presences.values()) this.say(presence, true);
    this.cancelPresence = this.clock.after(PRESENCE_MS, () => this.sayPresences());
  }

  private say(presence: Presence, online: boolean): void {
    const { alias, since } = presence;
    const status = encodeEnvelope({ v: 1, type: "avnode/status", at: this.clock.now(), online, since });
    this.connection.publish(topic(alias, TopicKind.status), status, true);
  }

  private refused(error: unknown): void {
    const { code, message } = error as Error & { code?: string };
    // Without a code it is a defect of ours, not of the bytes.
    if (code === undefined) throw error;
    this.tally.count(code.toLowerCase().replaceAll("_", "-"), `refused bytes: ${message}`);
  }
}
