/** The page's frame: who is logged in, which screen is open, and what stands above each of them. */
import type { ComponentChild } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { status } from "../schema/hub";
import { logout, type SessionInfo, session } from "../schema/session";
import { Api, ApiError } from "./api/client";
import { LANGUAGE_NAMES, type Language, languageFor, Messages } from "./messages/messages";
import { PageContext, usePage } from "./parts/context";
import { keepLanguage, keepRuler, keptLanguage, keptRuler } from "./parts/kept";
import { addressOf, type Route, routeOf } from "./route";
import { Home } from "./screens/home";
import { Login } from "./screens/login";
import { RecordingScreen } from "./screens/recording";
import { Recordings } from "./screens/recordings";
import { Ruler } from "./screens/ruler";

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
  const page = useMemo(() => {
    const calibrate = (value: number | undefined) => {
      keepRuler(value);
      setRuler(value);
    };
    return { api, messages, cssPxPerMm, calibrate };
  }, [api, messages, cssPxPerMm]);
  const choose = (language: Language) => {
    keepLanguage(language);
    setWanted([language]);
  };
  return (
    <PageContext.Provider value={page}>
      <Frame choose={choose} />
    </PageContext.Provider>
  );
}

type Visitor = SessionInfo | "nobody" | "unreached" | undefined;

function Frame({ choose }: { choose: (language: Language) => void }) {
  const { api, messages } = usePage();
  const [visitor, setVisitor] = useState<Visitor>();
  const [isDemo, setDemo] = useState(false);
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const onHash = () => setRoute(routeOf(location.hash));
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  useEffect(() => {
    api
      .ask(session)
      .then(setVisitor, (error) => setVisitor(error instanceof ApiError ? "nobody" : "unreached"));
  }, [api]);
  const isIn = typeof visitor === "object";
  if (isIn) api.csrf = visitor.csrf;
  useEffect(() => {
    if (isIn)
      api.ask(status).then(
        ({ kind }) => setDemo(kind !== "home"),
        () => undefined,
      );
  }, [api, isIn]);
  const leave = async () => {
    await api.ask(logout).catch(() => undefined);
    location.reload();
  };

  return (
    <>
      {isDemo && <div class="demo">{messages.say("demo")}</div>}
      <header>
        <div class="top">
          <Brand />
          {isIn && <Menu route={route} />}
        </div>
      </header>
      {screenFor(visitor, route, setVisitor, messages)}
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
        {isIn && (
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
  enter: (session: SessionInfo) => void,
  messages: Messages,
): ComponentChild {
  if (visitor === undefined || visitor === "unreached")
    return (
      <main>
        <p role="status">{messages.say(visitor === undefined ? "loading" : "hub-unreached")}</p>
      </main>
    );
  if (visitor === "nobody") return <Login done={enter} />;
  if (route.screen === "recording")
    return <RecordingScreen key={route.id} id={route.id} beside={route.beside} />;
  if (route.screen === "recordings") return <Recordings />;
  return route.screen === "ruler" ? <Ruler /> : <Home />;
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

function Menu({ route }: { route: Route }) {
  const { messages } = usePage();
  return (
    <nav>
      {(["home", "recordings", "ruler"] as const).map((screen) => (
        <a
          key={screen}
          href={addressOf({ screen })}
          aria-current={route.screen === screen ? "page" : undefined}
        >
          {messages.say(screen)}
        </a>
      ))}
    </nav>
  );
}
