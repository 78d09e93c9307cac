/** Which screen an address names: all behind the hash, so that the hub serves one file. */

/** Those that are no more than their name. */
const PLAIN = [
  "ruler",
  "claim",
  "adopt",
  "people",
  "backup",
  "egress",
  "recipients",
  "alerts",
  "settings",
  "setup",
] as const;

export type Route =
  | { screen: "home" }
  | { screen: "recordings" }
  | { screen: "recording"; id: string; beside?: string }
  /** `from`: the sample that the sheet begins at; the first one by default. */
  | { screen: "print"; id: string; from?: number }
  | { screen: (typeof PLAIN)[number] };

const isId = (text: string | undefined): text is string => text !== undefined && /^[\w-]{1,64}$/.test(text);

export function routeOf(hash: string): Route {
  const [screen, id, beside] = hash.replace(/^#\/?/, "").split("/");
  if (screen === "recordings") {
    if (!isId(id)) return { screen: "recordings" };
    return isId(beside) ? { screen: "recording", id, beside } : { screen: "recording", id };
  }
  if (screen === "print" && isId(id))
    return /^\d{1,12}$/.test(beside ?? "") ? { screen, id, from: Number(beside) } : { screen, id };
  const plain = PLAIN.find((one) => one === screen);
  return plain === undefined ? { screen: "home" } : { screen: plain };
}

export function addressOf(route: Route): string {
  if (route.screen === "home") return "#/";
  if (route.screen === "print")
    return `#/print/${route.from === undefined ? route.id : `${route.id}/${route.from}`}`;
  if (route.screen !== "recording") return `#/${route.screen}`;
  const { id, beside } = route;
  return `#/recordings/${beside === undefined ? id : `${id}/${beside}`}`;
}
