/** What every screen needs: the hub to ask, the reader's language, and what the ruler said. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api/client";
import type { Messages } from "../messages/messages";

export type Role = "owner" | "viewer" | "clinician";

export interface Page {
  api: Api;
  messages: Messages;
  /** Undefined while nobody is logged in. A clinician comes by a link, and sees its recording alone. */
  role: Role | undefined;
  /** CSS pixels to a millimetre of this screen; undefined before somebody measured. */
  cssPxPerMm: number | undefined;
  calibrate(cssPxPerMm: number | undefined): void;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  return useContext(PageContext)!;
}
