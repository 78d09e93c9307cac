/** The simulated link as the relay sees it: what stands where noble would. */
import type { Radio as HubRadio, RadioLink } from "../../gateway/radio/radio";
import type { Radio } from "./radio";

/** One central for any number of simulated links. */
export class SimHubRadio implements HubRadio {
  constructor(private readonly radios: { id: string; radio: Radio }[]) {
    for (const { radio } of radios) radio.centralOff();
  }

  start(handlers: Parameters<HubRadio["start"]>[0]): void {
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
        handlers.onClosed(link);
        link = undefined;
      };
      radio.centralOn();
    }
  }

  stop(): void {
    for (const { radio } of this.radios) radio.centralOff();
  }
}
