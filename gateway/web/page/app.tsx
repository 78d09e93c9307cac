/** The page's frame: who is here, which screen is open, and what stands above each of them. */
import type { ComponentChild } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { logout } from "../../schema/session";
import { type SetupStep, setupSteps } from "../../schema/setup";
import { Api } from "./api/client";
import { type Key, LANGUAGE_NAMES, type Language, languageFor, Messages } from "./messages/messages";
import { PageContext, usePage } from "./parts/context";
import { keepLanguage, keepRuler, keptLanguage, keptRuler } from "./parts/kept";
import { useVisitor, type Visitor } from "./parts/visitor";
import { addressOf, type Route, routeOf } from "./route";
import { Adopt } from "./screens/adopt";
import { Alerts } from "./screens/alerts";
import { Backup } from "./screens/backup";
import { Claim } from "./screens/claim";
import { EgressLedger } from "./screens/egress";
import { FirstPassword } from "./screens/firstpassword";
import { Home } from "./screens/home";
import { Login } from "./screens/login";
import { People } from "./screens/people";
import { PrintScreen } from "./screens/print";
import { Recipients } from "./screens/recipients";
import { RecordingScreen } from "./screens/recording";
import { Recordings } from "./screens/recordings";
import { Ruler } from "./screens/ruler";
import { SettingsScreen } from "./screens/settings";
import { Setup } from "./screens/setup";

export function App() {
  const api = useMemo(() => new Api(), []);
  const [wanted, setWanted] = useState(() => [keptLanguage() ?? [], ...navigator.languages].flat());
  const [cssPxPerMm, setRuler] = useState(keptRuler);
  const messages = useMemo(() => {
    const { language, locale } = languageFor(wanted);
    return new Messages(language, locale);
  }, [wanted]);
  useEffect(() => {
    document.documentElement.lang = messages.language;
  }, [messages]);
  const [visitor, enter] = useVisitor(api);
  const role = visitor.kind === "in" ? visitor.role : undefined;
  const page = useMemo(() => {
    const calibrate = (value: number | undefined) => {
      keepRuler(value);
      setRuler(value);
    };
    return { api, messages, role, cssPxPerMm, calibrate };
  }, [api, messages, role, cssPxPerMm]);
  const choose = (language: Language) => {
    keepLanguage(language);
    setWanted([language]);
  };
  return (
    <PageContext.Provider value={page}>
      <Frame visitor={visitor} enter={enter} choose={choose} />
    </PageContext.Provider>
  );
}

interface FrameProps {
  visitor: Visitor;
  enter: ReturnType<typeof useVisitor>[1];
  choose: (language: Language) => void;
}

function Frame({ visitor, enter, choose }: FrameProps) {
  const { api, messages, role } = usePage();
  const [step, setStep] = useState<SetupStep>();
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const onHash = () => {
      setRoute(routeOf(location.hash));
      scrollTo(0, 0);
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  // Whoever reads by ear or keys stands at the beginning of the new screen, not of the document.
  const isFirst = useRef(true);
  useEffect(() => {
    const main = document.querySelector("main");
    if (main && !isFirst.current) {
      main.tabIndex = -1;
      main.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [route]);
  const isAtHome = role === "owner" || role === "viewer";
  useEffect(() => {
    if (role !== "owner") return;
    api.ask(setupSteps).then(
      ({ next }) => setStep(next),
      () => undefined,
    );
  }, [api, role, route.screen]);
  const leave = async () => {
    await api.ask(logout).catch(() => undefined);
    location.reload();
  };
  const isWithin = visitor.kind === "in" && !visitor.link;
  useEffect(() => {
    const screen = route.screen === "recording" ? "recordings" : route.screen;
    // Tabs, and the first that screen readers say.
    document.title = isWithin ? `${messages.say(screen)} · avnode` : "avnode";
  }, [messages, isWithin, route.screen]);
  const isLed = step !== undefined && step !== "password" && route.screen === "home";

  return (
    <>
      {"isDemo" in visitor && visitor.isDemo && <div class="demo">{messages.say("demo")}</div>}
      <header>
        <div class="top">
          <Brand />
          {isAtHome && <Menu route={route} />}
        </div>
      </header>
      {isLed && (
        <div class="led">
          <span>{messages.say("setup-go-on", { step: messages.say(`step-${step}` satisfies Key) })}</span>
          <a class="button" href={addressOf({ screen: "setup" })}>
            {messages.say("go-on")}
          </a>
        </div>
      )}
      {screenFor(visitor, route, enter, messages)}
      <footer>
        <label>
          <span class="quiet">{messages.say("language")}</span>
          <select
            value={messages.language}
            onChange={(event) => choose(event.currentTarget.value as Language)}
          >
            {Object.entries(LANGUAGE_NAMES).map(([language, name]) => (
              <option key={language} value={language} lang={language}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {isAtHome && (
          <button type="button" onClick={leave}>
            {messages.say("sign-out")}
          </button>
        )}
      </footer>
    </>
  );
}

function screenFor(
  visitor: Visitor,
  route: Route,
  enter: FrameProps["enter"],
  messages: Messages,
): ComponentChild {
  switch (visitor.kind) {
    case "unknown":
      return <Said>{messages.say("loading")}</Said>;
    case "unreached":
      return <Said>{messages.say("hub-unreached")}</Said>;
    case "link-ended":
      return <Said>{messages.say("link-ended")}</Said>;
    case "nobody":
      return <Login wasIn={visitor.wasIn} done={enter} />;
    case "first":
      return <FirstPassword isOpen={visitor.isOpen} done={enter} />;
    default:
  }
  if (visitor.link)
    return (
      <>
        <div class="led">{messages.say("link-until", { time: messages.time(visitor.link.expiresAt) })}</div>
        {route.screen === "print" ? (
          <PrintScreen id={visitor.link.recording} from={route.from} />
        ) : (
          <RecordingScreen id={visitor.link.recording} />
        )}
      </>
    );
  if (route.screen === "recording")
    return <RecordingScreen key={route.id} id={route.id} beside={route.beside} />;
  if (route.screen === "print") return <PrintScreen key={route.id} id={route.id} from={route.from} />;
  const Screen = SCREENS[route.screen];
  return <Screen />;
}

const SCREENS = {
  home: Home,
  recordings: Recordings,
  ruler: Ruler,
  claim: Claim,
  adopt: Adopt,
  people: People,
  backup: Backup,
  egress: EgressLedger,
  recipients: Recipients,
  alerts: Alerts,
  settings: SettingsScreen,
  setup: Setup,
} as const satisfies Record<Exclude<Route["screen"], "recording" | "print">, () => ComponentChild>;

function Said({ children }: { children: string }) {
  return (
    <main>
      <p role="status">{children}</p>
    </main>
  );
}

function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 34 26" aria-hidden="true">
        <path d="M1 15h8l3-4 3 4h2l3-13 4 22 3-9h6" />
      </svg>
      avnode
    </span>
  );
}

/** Where the menu leads to what it does not name. */
const UNDER: Partial<Record<Route["screen"], Route["screen"]>> = {
  recording: "recordings",
  claim: "settings",
  adopt: "recordings",
  backup: "settings",
  egress: "settings",
  recipients: "settings",
  alerts: "settings",
  ruler: "settings",
};

function Menu({ route }: { route: Route }) {
  const { messages } = usePage();
  return (
    <nav>
      {(["home", "recordings", "people", "settings"] as const).map((screen) => (
        <a
          key={screen}
          href={addressOf({ screen })}
          aria-current={
            route.screen === screen ? "page" : UNDER[route.screen] === screen ? "true" : undefined
          }
        >
          {messages.say(screen)}
        </a>
      ))}
    </nav>
  );
}
