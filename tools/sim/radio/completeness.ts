/** Whether a store has all that a handheld was given to record, bit for bit. */

import type { Gap, RecordingInfo } from "../../../gateway/store/infos";
import { MonitorState } from "../../../protocol/command";
import { stored, type Witnessed } from "../witness";
import type { HubProcess } from "./hubprocess";
import type { UnitStatus } from "./messages";
import type { UnitProcess } from "./unitprocess";
import { until } from "./until";

/** The newest recording of a unit, as a store has it. */
export interface Kept {
  info: RecordingInfo;
  samples: Witnessed;
  gaps: Gap[];
  /** Of its verification. */
  problems: unknown[];
}

/** Stops the unit's recording and waits until the store answered for all of it. @returns how the unit is then */
export async function finish(unit: UnitProcess): Promise<UnitStatus> {
  let status = await unit.tell({ do: "stop" });
  await until("all receipts", async () => {
    status = await unit.status();
    return status.state === MonitorState.idle && status.backlog === 0;
  });
  return status;
}

/** @throws when the store has no such recording, or one with a gap */
export function keptOf(unit: UnitProcess, { recording, witnessed }: UnitStatus, hub: HubProcess): Kept {
  return hub.read((reader) => {
    const { device } = unit.papers;
    const info = reader.recordings({ device }).find((one) => one.recording === recording);
    if (!info) throw new Error(`recording ${recording} is not in the store`);
    return {
      info,
      gaps: reader.gaps(info.id),
      samples: stored(reader, info.id, witnessed.leads.length),
      problems: reader.verify(info.id).problems,
    };
  });
}
