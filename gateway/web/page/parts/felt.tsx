/** "I felt something": asks the handheld to mark this moment, and says so once it has. */
import { useState } from "preact/hooks";
import { type Device, mark } from "../../../schema/devices";
import { usePage } from "./context";
import { problemWords } from "./problem";

export function Felt({ device }: { device: Device }) {
  const { api, messages } = usePage();
  const [command, setCommand] = useState<number | "sending">();
  const [problem, setProblem] = useState<string>();
  const note = async () => {
    setProblem(undefined);
    setCommand("sending");
    try {
      setCommand((await api.ask(mark, { params: { id: device.id } })).command);
    } catch (error) {
      setCommand(undefined);
      setProblem(problemWords(error, messages));
    }
  };
  const isNoted = typeof command === "number" && (device.status?.lastCommand ?? 0) >= command;
  return (
    <div class="tools">
      <button type="button" class="main" disabled={command === "sending"} onClick={note}>
        {messages.say("felt")}
      </button>
      <span role="status" class={problem === undefined ? "" : "warn"}>
        {problem ?? (command !== undefined && messages.say(isNoted ? "felt-noted" : "felt-sent"))}
      </span>
    </div>
  );
}
