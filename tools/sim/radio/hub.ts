/** The simulated link as the relay sees it: what stands where noble would. */
import {
  type Radio as HubRadio,
  NO_ADAPTERS,
  type RadioHandlers,
  type RadioLink,
  type RadioStatus,
} from "../../../gateway/radio/radio";
import type { Radio } from "./lossy";

/** One central for any number of simulated links. */
export class SimHubRadio implements HubRadio {
  constructor(private readonly radios: { id: string; radio: Radio }[]) {
    for (const { radio } of radios) radio.centralOff();
  }

  status(): RadioStatus {
    return NO_ADAPTERS;
  }

  start(handlers: RadioHandlers): void {
    for (const { id, radio } of this.radios) {
      let link: RadioLink | undefined;
      radio.central.onConnect = (notificationBytes) => {
        link = {
          id,
          notificationBytes,
          write: (bytes) => radio.central.write(bytes),
          close: () => radio.drop(),
        };
        handlers.onLink(link);
      };
      radio.central.onNotification = (bytes) => {
        if (link) handlers.onNotification(link, bytes);
      };
      radio.central.onDisconnect = () => {
        if (!link) return;
        handlers.onClosed(link, "lost");
        link = undefined;
      };
      radio.centralOn();
    }
  }

  async stop(): Promise<void> {
    for (const { radio } of this.radios) radio.centralOff();
  }
}
