/** A handheld's state, in words. */
import type { Device } from "../../schema/devices";
import { usePage } from "./context";

/** DESIGN, promise 2: it warns its owner from here on. */
const NEARLY_FULL_PERMILLE = 800;

export function Handheld({ device }: { device: Device }) {
  const { messages } = usePage();
  const { connection, lastContact, status } = device;
  const words = [
    connection
      ? messages.say("here", { time: messages.time(connection.since) })
      : lastContact === undefined
        ? messages.say("never-heard")
        : messages.say("away", { time: messages.time(lastContact) }),
  ];
  const warnings: string[] = [];
  if (status) {
    // What it did when it was heard last says nothing of now.
    if (connection) words.push(messages.say(status.state));
    words.push(messages.say("battery", { volts: messages.number(status.batteryMillivolts / 1000) }));
    const percent = messages.percent(status.ringPermille / 1000);
    if (status.ringPermille >= NEARLY_FULL_PERMILLE) warnings.push(messages.say("memory-warn", { percent }));
    else words.push(messages.say("memory", { percent }));
    if (status.clock === "unknown") warnings.push(messages.say("clock-unsure"));
  }
  return (
    <li>
      <strong>{device.name ?? device.id}</strong>
      {device.class === "simulated" && " · DEMO"}
      <p>{words.join(" ")}</p>
      {warnings.map((warning) => (
        <p class="warn" key={warning}>
          {warning}
        </p>
      ))}
    </li>
  );
}
