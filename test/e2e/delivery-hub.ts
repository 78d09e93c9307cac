/** A hub that analyses and delivers, with its API, in a process of its own; says where. Usage: delivery-hub.ts DATA_DIR */
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import { startWeb } from "../../gateway/web/server";

async function main(dataDir: string): Promise<void> {
  const { store } = await startHub({
    ...{ dataDir, kind: "import", broker: "memory", roles: ["store"], analyse: true, deliver: true },
  });
  const web = await startWeb({ dataDir, hub: store!, place: { port: 0 }, clock: systemClock });
  console.log(web.address);
}

void main(process.argv[2]!);
