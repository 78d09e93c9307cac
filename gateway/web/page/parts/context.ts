/** What every screen needs: the hub to ask, the reader's language, and what the ruler said. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api/client";
import type { Messages } from "../messages/messages";

export interface Page {
  api: Api;
  messages: Messages;
  /** CSS pixels to a millimetre of this screen; undefined before somebody measured. */
  cssPxPerMm: number | undefined;
  calibrate(cssPxPerMm: number | undefined): void;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  return useContext(PageContext)!;
}
