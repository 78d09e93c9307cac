/** A handheld's state, in words. */
import { BATTERY_LOW_MILLIVOLTS } from "../../../schema/battery";
import { type Device, start, stop } from "../../../schema/devices";
import { useAction } from "./action";
import { usePage } from "./context";
import { deviceName } from "./devicename";
import { Outcome } from "./fields";
import { UpdateOf } from "./update";

/** DESIGN, promise 2: it warns its owner from here on. */
const NEARLY_FULL_PERMILLE = 800;

/** @param isOld the hub is silent: whether it is connected, nobody knows */
export function Handheld({ device, isOld = false }: { device: Device; isOld?: boolean }) {
  const { messages, role } = usePage();
  const { lastContact, status } = device;
  const connection = isOld ? undefined : device.connection;
  const words = [
    connection
      ? messages.say("here", { time: messages.time(connection.since) })
      : lastContact === undefined
        ? messages.say("never-heard")
        : messages.say(isOld ? "heard-last" : "away", { time: messages.time(lastContact) }),
  ];
  const warnings: string[] = [];
  const { revoked } = device;
  if (revoked) warnings.push(`${messages.say("revoked-handheld")} ${revoked.reason}`.trim());
  if (status) {
    // What it did when it was heard last says nothing of now.
    if (connection) words.push(messages.say(status.state));
    const { batteryMillivolts } = status;
    const volts = messages.number(batteryMillivolts / 1000);
    // A board that cannot read its battery says 0.
    if (batteryMillivolts > 0 && batteryMillivolts < BATTERY_LOW_MILLIVOLTS)
      warnings.push(messages.say("battery-low", { volts }));
    else if (batteryMillivolts > 0 && connection) words.push(messages.say("battery", { volts }));
    // Nor does room that it had: one that is full was filled unheard.
    const percent = messages.percent(status.ringPermille / 1000);
    if (status.ringPermille >= NEARLY_FULL_PERMILLE) warnings.push(messages.say("memory-warn", { percent }));
    else if (connection) words.push(messages.say("memory", { percent }));
    if (status.clock === "unknown") warnings.push(messages.say("clock-unsure"));
  }
  return (
    <li>
      <strong>{deviceName(device)}</strong>
      {device.class === "simulated" && " · DEMO"}
      {device.class === "dev" && ` · ${messages.say("developer-unit")}`}
      <p>{words.join(" ")}</p>
      {connection && status && role === "owner" && <Control device={device} />}
      {role === "owner" && device.class !== "adopted" && <UpdateOf id={device.id} />}
      {warnings.map((warning) => (
        <p class="warn" key={warning}>
          {warning}
        </p>
      ))}
    </li>
  );
}

/** Told, not done: its state says when it is. */
function Control({ device: { id, status } }: { device: Device }) {
  const { api, messages } = usePage();
  const action = useAction();
  const isRecording = status?.state === "recording";
  const tell = async () => {
    if (isRecording) await api.ask(stop, { params: { id } });
    else await api.ask(start, { params: { id }, body: { mode: "strip" } });
  };
  return (
    <div class="tools">
      <button type="button" disabled={action.isBusy} onClick={() => action.run(tell)}>
        {messages.say(isRecording ? "record-stop" : "record-start")}
      </button>
      <Outcome action={action} done={messages.say("felt-sent")} />
    </div>
  );
}
