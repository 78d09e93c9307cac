/** A hub's page for whoever kills it: victim DATADIR; tells its address and its set-up code, as JSON. */
import { systemClock } from "../../../gateway/clock";
import { Store } from "../../../gateway/store/store";
import { startWeb } from "../../../gateway/web/server";

const dataDir = process.argv[2]!;
const store = Store.open({ dataDir, kind: "home" });
startWeb({ dataDir, hub: store, place: { port: 0, names: ["hub.local"] }, clock: systemClock }).then(
  ({ port, setupCode }) => console.log(JSON.stringify({ port, setupCode })),
);
