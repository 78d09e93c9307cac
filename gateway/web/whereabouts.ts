/** Where a recording is: handheld, hub, copies, doctors, with times. */
import type { FastifyInstance } from "fastify";
import type { Egress } from "../access/egress";
import type { Links } from "../access/links";
import { readInfo } from "../backup/info";
import { type CopyState, copiesBeside } from "../backup/status";
import * as schema from "../schema/whereabouts";
import type { DeviceInfo, RecordingInfo } from "../store/infos";
import type { OverReadInfo } from "../store/layers/reading";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

type Doctor = schema.Whereabouts["doctors"][number];

export function addWhereabouts(app: FastifyInstance, { hub, links, egress, dataDir, clock }: ApiParts): void {
  const { reader } = hub;

  addRoute(app, schema.whereabouts, ({ params }) => {
    const info = reader.recording(params.id);
    const place = reader.log.place(info.id);
    const { frames, holes, firstAt, lastAt, erasedAt } = info;
    const loggedAt = place && reader.log.checkpointOver(place.log, place.index)?.at;
    return {
      handheld: onHandheld(
        info,
        reader.devices().find(({ id }) => id === info.device),
      ),
      hub: { frames, holes, complete: isComplete(info), firstAt, lastAt, loggedAt, erasedAt },
      copies: copiesBeside(dataDir, clock.now()).map((copy) => inCopy(copy, info)),
      doctors: doctorsOf(info.id, links, egress, reader.overReads(info.id)),
    };
  });
}

function isComplete({ state, holes }: RecordingInfo): boolean {
  return (state === "closed" || state === "truncated") && holes === 0;
}

/** As it said last: it frees nothing that no receipt covers, and what one covers is on the hub's disk. */
function onHandheld(info: RecordingInfo, device: DeviceInfo | undefined): schema.Whereabouts["handheld"] {
  const at = device?.lastContact;
  if (isComplete(info)) return { holds: "freed", at };
  // Of an ownership that is over it holds nothing that it could still send.
  if (!device || device.epoch !== info.epoch || !device.status) return { holds: "unknown", at };
  return { holds: info.frames === 0 ? "all" : "part", at };
}

function inCopy(
  { place, kind, at, ok }: CopyState,
  { firstAt, lastAt, erasedAt }: RecordingInfo,
): schema.Whereabouts["copies"][number] {
  const isMirror = kind === "mirror";
  // A run that failed tells when it was tried, and its medium what is on it.
  const copied = ok ? at : isMirror ? undefined : onMedium(place);
  const told = { place, kind: isMirror ? ("mirror" as const) : ("backup" as const), at: copied };
  if (copied === undefined) return { ...told, holds: "unknown" };
  if (firstAt === undefined || firstAt > copied || (erasedAt ?? Number.POSITIVE_INFINITY) <= copied)
    return { ...told, holds: "none" };
  return { ...told, holds: (lastAt ?? firstAt) <= copied ? "all" : "part" };
}

function onMedium(dir: string): number | undefined {
  try {
    return readInfo(dir)?.at;
  } catch {
    return undefined;
  }
}

/** By link or form: those that last, those that were opened, and those that were read by. */
function doctorsOf(id: string, links: Links, egress: Egress, overReads: OverReadInfo[]): Doctor[] {
  const doctors = new Map<string, Doctor>();
  const of = (link: string, label: string | undefined): Doctor => {
    const doctor = doctors.get(link) ?? {};
    doctors.set(link, doctor);
    doctor.label ??= label;
    return doctor;
  };
  for (const { id: link, recording, label, createdAt, expiresAt } of links.list())
    if (recording === id) Object.assign(of(link, label), { sentAt: createdAt, expiresAt });
  for (const { link, to, at } of egress.byLinks(id)) of(link!, to).openedAt ??= at;
  for (const { link, form, name, at } of overReads) {
    const { id: way, label } = (link ?? form)!;
    Object.assign(of(way, label), { name, readAt: at });
  }
  return [...doctors.values()];
}
