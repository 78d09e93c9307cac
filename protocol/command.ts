/** Commands of the owner's hub, sealed for one session, and the handheld's status, sealed the other way. */
import { Reader, Writer } from "./bytes";
import { ClockTrust, RecordingMode } from "./open";
import { refusal } from "./refusal";

export const Op = {
  start: 1,
  stop: 2,
  time: 3,
  settings: 4,
  identify: 5,
  mark: 6,
  offer: 7,
  chunk: 8,
  swap: 9,
  cancel: 10,
};

/** Ids of settings; values are unsigned 32-bit. */
export const Setting = { rateHz: 1, stripSeconds: 2, notificationsPerSecond: 3 };

export interface Command {
  op: number;
  /** start: a RecordingMode. */
  mode?: number;
  /** start: length in seconds (0 = the mode's own); identify: how long to blink. */
  seconds?: number;
  /** time: Unix time in ms, and how far it may be off. */
  unixMs?: number;
  uncertaintyMs?: number;
  /** settings */
  setting?: number;
  value?: number;
  /** chunk: its place in the image; its bytes are the next chunk's hash and what stands in the image. */
  at?: number;
  /** swap, cancel: of the release that is meant. */
  counter?: number;
  /** offer: a release as it travels (release.ts). chunk: see `at`. They end the command. */
  bytes?: Uint8Array;
}

/** What `bytes` of a command hold at most: a command is the body of one message. */
const MAX_BYTES = 2041;

type NumberField = Exclude<keyof Command, "bytes">;

/** Field name and width of every operation, in wire order. */
const FIELDS: [NumberField, number][][] = [];
FIELDS[Op.start] = [
  ["mode", 1],
  ["seconds", 4],
];
FIELDS[Op.stop] = [];
FIELDS[Op.time] = [
  ["unixMs", 8],
  ["uncertaintyMs", 4],
];
FIELDS[Op.settings] = [
  ["setting", 1],
  ["value", 4],
];
FIELDS[Op.identify] = [["seconds", 1]];
FIELDS[Op.mark] = [];
FIELDS[Op.offer] = [];
FIELDS[Op.chunk] = [["at", 4]];
FIELDS[Op.swap] = [["counter", 4]];
FIELDS[Op.cancel] = [["counter", 4]];

function hasBytes(op: number): boolean {
  return op === Op.offer || op === Op.chunk;
}

function fieldsOf(op: number): [NumberField, number][] {
  if (!FIELDS[op]) throw refusal("COMMAND_OP", "command " + op + " is not known");
  return FIELDS[op];
}

function check(command: Command): void {
  const mode = command.mode;
  if (command.op === Op.start && !(mode! >= RecordingMode.strip && mode! <= RecordingMode.continuous)) {
    throw refusal("COMMAND_MODE", "recording mode " + mode + " is not known");
  }
  const setting = command.setting;
  if (
    command.op === Op.settings &&
    !(setting! >= Setting.rateHz && setting! <= Setting.notificationsPerSecond)
  ) {
    throw refusal("COMMAND_SETTING", "setting " + setting + " is not known");
  }
  const bytes = command.bytes;
  if (hasBytes(command.op) && !(bytes !== undefined && bytes.length > 0 && bytes.length <= MAX_BYTES)) {
    throw refusal("COMMAND_BYTES", "an offer or a chunk holds 1 to " + MAX_BYTES + " bytes");
  }
}

export function encodeCommand(command: Command): Uint8Array {
  const fields = fieldsOf(command.op);
  check(command);
  let length = 1;
  for (let i = 0; i < fields.length; i++) length += fields[i][1];
  const bytes = hasBytes(command.op) ? command.bytes! : new Uint8Array(0);
  const writer = new Writer(length + bytes.length).uint(command.op, 1);
  for (let i = 0; i < fields.length; i++) writer.uint(command[fields[i][0]]!, fields[i][1]);
  return writer.raw(bytes, bytes.length).done();
}

/** @throws COMMAND_* */
export function decodeCommand(body: Uint8Array): Command {
  const reader = new Reader(body, "COMMAND");
  const command: Command = { op: reader.uint(1) };
  const fields = fieldsOf(command.op);
  let length = 1;
  for (let i = 0; i < fields.length; i++) {
    command[fields[i][0]] = reader.uint(fields[i][1]);
    length += fields[i][1];
  }
  if (hasBytes(command.op)) command.bytes = reader.raw(body.length - length);
  reader.end();
  check(command);
  return command;
}

export const MonitorState = { idle: 1, recording: 2, draining: 3 };

/** What a handheld refuses: another session's or altered; repeated; of another ownership; anything else about its content. */
export const REFUSED_KINDS = ["session", "replayed", "epoch", "content"];

/** Sent when a session begins, when something changes, and once a minute. */
export interface Status {
  state: number;
  batteryMillivolts: number;
  /** How full the ring is with what no receipt covers, in thousandths. */
  ringPermille: number;
  /** Frames that no receipt covers. */
  backlog: number;
  /** The lowest recording that the ring still holds frames of, and the newest. */
  oldestRecording: number;
  newestRecording: number;
  uptimeMs: number;
  trust: number;
  /** Counter of the newest command carried out plus 1, 0 = none in this session. */
  lastCommand: number;
  /** Messages refused since boot: one byte for each of REFUSED_KINDS, the first highest, 255 = that many or more. */
  refused: number;
  /** Recordings that it can still sign; 0 when its signing keys are used up, or when it has none. */
  signatures: number;
  firmware: string;
}

function checkStatus(status: Status): Status {
  if (status.state < MonitorState.idle || status.state > MonitorState.draining) {
    throw refusal("STATUS_STATE", "monitor state " + status.state + " is not known");
  }
  if (status.ringPermille > 1000) {
    throw refusal("STATUS_RING", "a ring cannot be filled to " + status.ringPermille + " thousandths");
  }
  if (status.trust > ClockTrust.setByHub) {
    throw refusal("STATUS_TRUST", "clock trust " + status.trust + " is not known");
  }
  return status;
}

export function encodeStatus(status: Status): Uint8Array {
  checkStatus(status);
  return new Writer(1 + 2 + 2 + 4 + 4 + 4 + 6 + 1 + 4 + 4 + 4 + 1 + status.firmware.length)
    .uint(status.state, 1)
    .uint(status.batteryMillivolts, 2)
    .uint(status.ringPermille, 2)
    .uint(status.backlog, 4)
    .uint(status.oldestRecording, 4)
    .uint(status.newestRecording, 4)
    .uint(status.uptimeMs, 6)
    .uint(status.trust, 1)
    .uint(status.lastCommand, 4)
    .uint(status.refused, 4)
    .uint(status.signatures, 4)
    .text(status.firmware)
    .done();
}

/** @throws STATUS_* */
export function decodeStatus(body: Uint8Array): Status {
  const reader = new Reader(body, "STATUS");
  const status: Status = {
    state: reader.uint(1),
    batteryMillivolts: reader.uint(2),
    ringPermille: reader.uint(2),
    backlog: reader.uint(4),
    oldestRecording: reader.uint(4),
    newestRecording: reader.uint(4),
    uptimeMs: reader.uint(6),
    trust: reader.uint(1),
    lastCommand: reader.uint(4),
    refused: reader.uint(4),
    signatures: reader.uint(4),
    firmware: reader.text(),
  };
  reader.end();
  return checkStatus(status);
}
