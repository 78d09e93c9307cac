/** Which screen an address names: all behind the hash, so that the hub serves one file. */

export type Route =
  | { screen: "home" }
  | { screen: "recordings" }
  | { screen: "recording"; id: string }
  | { screen: "ruler" };

export function routeOf(hash: string): Route {
  const [screen, id] = hash.replace(/^#\/?/, "").split("/");
  if (screen === "recordings") {
    const known = id !== undefined && /^[\w-]{1,64}$/.test(id);
    return known ? { screen: "recording", id } : { screen: "recordings" };
  }
  return screen === "ruler" ? { screen } : { screen: "home" };
}

export function addressOf(route: Route): string {
  if (route.screen === "home") return "#/";
  return route.screen === "recording" ? `#/recordings/${route.id}` : `#/${route.screen}`;
}
