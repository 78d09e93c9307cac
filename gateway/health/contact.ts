/** Whether somebody touches a handheld's electrodes. */
import { MarkKind } from "../../protocol/bodies";
import type { RecordingInfo } from "../store/infos";
import type { StoreReader } from "../store/reader";

/**
 * By the newest mark of a recording that runs, also of one that came before anybody looked: a recording begins with
 * contact, and marks every change.
 * @returns undefined unless it runs
 * @throws FRAME_TAG for an altered frame
 */
export function hasContact(
  view: Pick<StoreReader, "newestMark">,
  recording: Pick<RecordingInfo, "id" | "state"> | undefined,
): boolean | undefined {
  if (recording?.state !== "recording") return undefined;
  const mark = view.newestMark(recording.id, [MarkKind.leadOff, MarkKind.leadOn]);
  return mark?.kind !== MarkKind.leadOff;
}
