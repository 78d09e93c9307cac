/** A relay in a process of its own, to be killed: its radio is the channel to the process that started it. Usage: URL. */
import { NO_ADAPTERS, type Radio, type RadioHandlers, type RadioLink } from "../../gateway/radio/radio";
import { Relay } from "../../gateway/relay/relay";

/** What the handheld's side says: a link began, it carried bytes (base64), it ended. */
export type ToRelay = { opened: number } | { up: string } | { closed: true };
export type FromRelay = { ready: true } | { down: string };

const say = (message: FromRelay) => process.send!(message);
let link: RadioLink | undefined;

const radio: Radio = {
  start(handlers: RadioHandlers) {
    process.on("message", (message: ToRelay) => {
      if ("opened" in message) {
        link = {
          id: "channel",
          notificationBytes: message.opened,
          write: (bytes) => say({ down: Buffer.from(bytes).toString("base64") }),
          close: () => {},
        };
        handlers.onLink(link);
      } else if (link && "up" in message) handlers.onNotification(link, Buffer.from(message.up, "base64"));
      else if (link) {
        handlers.onClosed(link, "lost");
        link = undefined;
      }
    });
  },
  async stop() {},
  status: () => NO_ADAPTERS,
};

if (process.send) {
  process.on("disconnect", () => process.exit());
  new Relay({ radio, broker: { url: process.argv[2]! } });
  say({ ready: true });
}
