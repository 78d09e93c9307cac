/**
 * A virtual handheld as a process of its own: the firmware on simulated flash and front end, behind the real bleno. It
 * ends with the channel to whoever started it. Usage: UnitArguments as JSON.
 */
import { systemClock } from "../../../gateway/clock";
import { readRecord } from "../../../gateway/wfdb/read";
import { toHex } from "../../../protocol/bytes";
import { encodeDossier } from "../../../protocol/dossier";
import { RecordingMode } from "../../../protocol/open";
import { EcgGenerator } from "../ecg/generator";
import { SimFrontEnd } from "../frontend";
import { VirtualHandheld } from "../handheld";
import { openKeepsake } from "../keepsake";
import { GeneratedSource, RecordSource, type SampleSource } from "../source";
import { WitnessedSource } from "../witness";
import type { FromUnit, UnitArguments, UnitCommand, UnitStatus } from "./messages";
import { BlenoRadio } from "./peripheral";

const BURST_MS = 125;
/** As the reference handheld; it queues what its runtime's stack would not. */
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 250 };

const given: UnitArguments = JSON.parse(process.argv[2]!);

function sourceOf({ source }: UnitArguments): SampleSource {
  if ("ecg" in source) return new GeneratedSource(new EcgGenerator(source.ecg));
  return new RecordSource(readRecord(source.record), true, source.from);
}

const radio = new BlenoRadio({ ...BOARD, ...given });
const keepsake = openKeepsake(given.keepsake);
const handheld = new VirtualHandheld({ clock: systemClock, radio, ...keepsake });
const source = new WitnessedSource(sourceOf(given));
const frontEnd = new SimFrontEnd(source, systemClock, {
  burstMs: given.burstMs ?? BURST_MS,
  speed: 1,
  started: () => source.begin(),
});

function status(): UnitStatus {
  const monitor = handheld.monitor!;
  const { state, trust, backlog, newestRecording } = monitor.status(0, 0);
  const { user, system } = process.cpuUsage();
  return {
    state,
    owned: monitor.keys() !== undefined,
    trust,
    backlog,
    recording: newestRecording,
    pattern: handheld.pattern,
    witnessed: source.witnessed(),
    cpuMicros: user + system,
    radio: radio.status(),
  };
}

function obey(command: UnitCommand): void {
  if (command.do === "hold") handheld.act((monitor) => monitor.hold());
  else if (command.do === "press") handheld.act((monitor) => monitor.press());
  else if (command.do === "stop") handheld.act((monitor) => monitor.stop());
  else if (command.do === "battery") handheld.batteryMillivolts = command.millivolts;
  else if (command.do === "address") radio.moveTo(command.address);
  else if (command.do === "start") {
    const { seconds = 0 } = command;
    const mode = seconds > 0 ? RecordingMode.strip : RecordingMode.continuous;
    handheld.act((monitor) => monitor.start(mode, seconds));
  }
}

function powerOff(): void {
  handheld.powerOff();
  keepsake.close();
  process.exit(0);
}

process.on("message", (command: UnitCommand) => {
  let answer: FromUnit;
  try {
    obey(command);
    answer = { status: status() };
  } catch (error) {
    answer = { error: (error as Error).message };
  }
  process.send!(answer, () => {
    if (command.do === "powerOff") powerOff();
  });
});
process.on("disconnect", powerOff);

handheld.powerOn(frontEnd);
const papers: FromUnit = {
  papers: {
    device: toHex(handheld.identity.device),
    claimCode: toHex(handheld.identity.claimCode),
    dossier: toHex(encodeDossier(handheld.dossier)),
  },
};
process.send!(papers);
