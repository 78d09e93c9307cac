/** A hub that analyses, in a process of its own. Usage: findings-hub.ts DATA_DIR PORT */
import { startHub } from "../../gateway/hub";

const [dataDir, port] = process.argv.slice(2);
void startHub({
  ...{ dataDir: dataDir!, kind: "import", broker: { port: Number(port) }, roles: ["store"] },
  analyse: true,
});
