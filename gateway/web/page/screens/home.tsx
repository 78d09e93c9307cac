import { useCallback, useState } from "preact/hooks";
import { devices } from "../../../schema/devices";
import { status } from "../../../schema/hub";
import { recordings } from "../../../schema/recordings";
import { useAsked } from "../parts/asked";
import { usePage } from "../parts/context";
import { Delivered } from "../parts/delivered";
import { deviceName } from "../parts/devicename";
import { Entry } from "../parts/entry";
import { Felt } from "../parts/felt";
import { Handheld } from "../parts/handheld";
import { HeartRate } from "../parts/heartrate";
import { Limits } from "../parts/limits";
import { LiveStrip } from "../parts/livestrip";
import { Newest } from "../parts/newest";
import { isShown, sentenceAbout } from "../parts/rhythm";
import { wrongWords } from "../parts/wrong";
import { addressOf } from "../route";
import { sentenceOf } from "./sentence";

const EVERY_MS = 5000;
/** Nothing on this screen is shown as today's when the hub was silent for so long. */
const SILENT_MS = 15_000;
const LAST = "5";

export function Home() {
  const { api, messages, role } = usePage();
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const [hub, list, newest] = await Promise.all([
        api.ask(status, {}, signal),
        api.ask(devices, {}, signal),
        api.ask(recordings, { query: { limit: LAST } }, signal),
      ]);
      return { hub, devices: list.devices, recordings: newest.recordings };
    },
    [api],
  );
  const { value, at, error } = useAsked(ask, EVERY_MS);
  const [chosen, choose] = useState<string>();
  if (!value)
    return (
      <main>
        <p class="sentence">{error ? messages.say("hub-unreached") : messages.say("loading")}</p>
        <NotAlarm />
      </main>
    );

  const isSilent = error !== undefined && Date.now() - at! > SILENT_MS;
  const newest = value.recordings[0];
  const { key, values, isWarning } = sentenceOf(newest, value.hub.now, messages);
  const found = newest?.finding;
  const watched =
    value.devices.find(({ id }) => id === chosen) ??
    value.devices.find(({ status: one }) => one?.state === "recording") ??
    value.devices[0];
  return (
    <main>
      <p class={isSilent || isWarning ? "sentence warn" : "sentence"} role="status">
        {isSilent ? messages.say("hub-silent", { time: messages.time(at!) }) : messages.say(key, values)}
        {!isSilent && found && (
          <>
            {" "}
            <span class={isShown(found.rhythm) ? "finding shown" : "finding"}>
              {sentenceAbout(found, messages)}
            </span>
          </>
        )}
        {!isSilent && newest && role === "owner" && (
          <Delivered id={newest.id}>{([words]) => <>{words && ` ${words}.`}</>}</Delivered>
        )}
      </p>
      {!isSilent && found && <p class="quiet">{messages.say("no-diagnosis")}</p>}
      <Limits limits={value.hub.limits} />
      {value.hub.problems.map((problem, n) => (
        <p class="warn" key={problem}>
          {wrongWords(problem, value.hub.said?.[n], messages)}
        </p>
      ))}
      <NotAlarm />
      {value.devices.length > 1 && (
        <div class="tools">
          {value.devices.map((device) => (
            <button
              type="button"
              key={device.id}
              aria-pressed={device === watched}
              onClick={() => choose(device.id)}
            >
              {deviceName(device)}
            </button>
          ))}
        </div>
      )}
      {watched && <LiveStrip key={watched.id} device={watched} skewMs={value.hub.now - at!} />}
      {watched?.running && (
        <HeartRate
          key={watched.running.recording}
          running={watched.running}
          skewMs={value.hub.now - at!}
          isSilent={isSilent}
        />
      )}
      {watched?.connection && watched.status?.state === "recording" && <Felt device={watched} />}
      {newest && <Newest key={newest.id} recording={newest} />}
      <h2>
        {isSilent ? messages.say("handhelds-then", { time: messages.time(at!) }) : messages.say("handhelds")}
      </h2>
      {value.devices.length === 0 && <p>{messages.say("no-handheld")}</p>}
      <ul class="cards">
        {value.devices.map((device) => (
          <Handheld key={device.id} device={device} isOld={isSilent} />
        ))}
      </ul>
      <h2>{messages.say("last")}</h2>
      <ul class="cards">
        {value.recordings.map((one) => (
          <Entry key={one.id} recording={one} />
        ))}
      </ul>
      <nav>
        <a href={addressOf({ screen: "recordings" })}>{messages.say("all")}</a>
        {role === "owner" && <a href={addressOf({ screen: "egress" })}>{messages.say("egress")}</a>}
      </nav>
    </main>
  );
}

function NotAlarm() {
  return <p class="notalarm">{usePage().messages.say("not-alarm")}</p>;
}
