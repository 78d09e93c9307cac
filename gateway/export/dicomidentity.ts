/** Whose ECG it is, when it was taken and by what: the part that a waveform and its report have in common. */
import { type LocalTime, localTime } from "../document/localtime";
import { type Study, timeOf } from "../document/study";
import { StoreError } from "../store/errors";
import type { StoreReader } from "../store/reader";
import { type Elements, text } from "./dicomfile";
import { uidOf } from "./uuid";

/** Of a component group, which has 64 characters, without its mark. */
const MAX_NAME = 63;

export interface DicomSource {
  reader: Pick<StoreReader, "pseudonym">;
  study: Study;
  timeZone?: string;
}

export interface When {
  /** Of the first sample; of the first frame's arrival where the handheld's clock was never set. */
  at: LocalTime;
  ms: number;
  isArrival: boolean;
}

/** @throws EXPORT_TIME where nobody knows when it was */
export function whenOf({ study, timeZone }: DicomSource, from = study.from): When {
  const { info } = study;
  const known = timeOf(study, from);
  const ms = known ?? info.firstAt;
  if (ms === undefined)
    throw new StoreError(
      "EXPORT_TIME",
      `cannot export ${info.id} as dicom, which wants a time: its handheld's clock was never set. Use --format edf`,
    );
  return { ms, at: localTime(ms, timeZone), isArrival: known === undefined };
}

export const dateText = ({ year, month, day }: LocalTime) =>
  `${digits(year, 4)}${digits(month)}${digits(day)}`;

/** @param ms of the same moment, for the thousandths */
export const timeText = ({ hour, minute, second }: LocalTime, ms: number) =>
  `${digits(hour)}${digits(minute)}${digits(second)}.${digits(Math.floor(ms) % 1000, 3)}`;

/** +0100 */
export function zoneText({ offsetMinutes }: LocalTime): string {
  const size = Math.abs(Math.round(offsetMinutes));
  return `${offsetMinutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}${digits(size % 60)}`;
}

export interface Instance {
  sopClass: string;
  uid: string;
  /** Of the series; what it is for, in a word, makes its UID. */
  series: "waveform" | "report";
  seriesNumber: number;
  modality: "ECG" | "DOC";
  /** Within the series, from 1. */
  number: number;
  when: When;
  /** What is to be known of the whole series, in at most 64 characters. */
  description: string;
}

/** Elements of groups 0008 to 0020, in order; `device` stands between them. */
export function identity({ reader, study }: DicomSource, instance: Instance, device: Elements): Elements {
  const { info, person } = study;
  const { when } = instance;
  const date = dateText(when.at);
  const time = timeText(when.at, when.ms);
  return [
    text("00080005", "CS", "ISO_IR 192"),
    text("00080016", "UI", instance.sopClass),
    text("00080018", "UI", instance.uid),
    text("00080020", "DA", date),
    text("00080023", "DA", date),
    text("0008002A", "DT", `${date}${time}${zoneText(when.at)}`),
    text("00080030", "TM", time),
    text("00080033", "TM", time),
    text("00080050", "SH", ""),
    text("00080060", "CS", instance.modality),
    ...(instance.series === "report" ? [text("00080064", "CS", "WSD")] : []),
    text("00080070", "LO", ""),
    text("00080090", "PN", ""),
    text("00080201", "SH", zoneText(when.at)),
    text("0008103E", "LO", instance.description),
    text("00100010", "PN", info.simulated ? "SIMULATED^" : nameText(person?.name)),
    text("00100020", "LO", info.simulated ? "SIMULATED" : patientOf(reader, study)),
    text("00100030", "DA", info.simulated ? "" : (person?.birthDate ?? "").replaceAll("-", "")),
    text("00100040", "CS", ""),
    ...device,
    text("0020000D", "UI", uidOf("study", info.id)),
    text("0020000E", "UI", uidOf("series", instance.series, info.id)),
    text("00200010", "SH", info.id.slice(0, 16)),
    text("00200011", "IS", String(instance.seriesNumber)),
    text("00200013", "IS", String(instance.number)),
  ];
}

/** In one component, the family's: which of her names is which, nobody was asked. */
function nameText(name: string | undefined): string {
  if (name === undefined) return "";
  const letters = [...name.replace(/[\^=\\\p{Cc}]+/gu, " ").trim()].slice(0, MAX_NAME);
  return `${letters.join("").trim()}^`;
}

/** The same for all of one person's, so that an archive keeps her apart from others; it tells nothing of her. */
function patientOf(reader: DicomSource["reader"], { info, person }: Study): string {
  return person
    ? `avnode-${reader.pseudonym("dicom patient", String(person.id))}`
    : `avnode-recording-${info.id}`;
}

function digits(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}
