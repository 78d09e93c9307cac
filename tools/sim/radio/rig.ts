/**
 * Whole paths over the virtual radio: firmware behind the real bleno, an air, the real noble in a real hub. Units and
 * hubs are processes; the air lives in the one that opens the rig, so that it can be meddled with. Everything is ended
 * by its pid.
 */
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { systemClock } from "../../../gateway/clock";
import { Random } from "../random";
import { Air, type AirSettings } from "./air";
import { listenOnAir } from "./airserver";
import { HubProcess } from "./hubprocess";
import type { HubArguments } from "./hubprogram";
import type { UnitArguments } from "./messages";
import { UnitProcess } from "./unitprocess";

const ROOT = path.join(__dirname, "../../..");

/** As the program is shipped: started from source it would spend its time compiling. */
export function bundle(entry: string): string {
  const outfile = path.join(ROOT, "dist", `radio-${process.pid}-${path.basename(entry, ".ts")}.js`);
  buildSync({
    ...{ entryPoints: [path.join(ROOT, entry)], outfile, bundle: true, platform: "node", format: "cjs" },
    ...{ target: "node20.19", packages: "external", logLevel: "warning" },
  });
  return outfile;
}

export class Rig {
  private readonly hubs: HubProcess[] = [];
  private readonly units = new Set<UnitProcess>();
  private names = 0;

  private constructor(
    readonly seed: number,
    readonly air: Air,
    private readonly server: Server,
    readonly folder: string,
    private readonly programs: { hub: string; unit: string },
  ) {}

  /** @param parent of its folder; short, for a socket's path holds 107 bytes */
  static async open(
    seed: number,
    settings: Partial<AirSettings> = {},
    parent: string = os.tmpdir(),
  ): Promise<Rig> {
    const folder = fs.mkdtempSync(path.join(parent, "av-"));
    const clock = { now: () => performance.now(), after: systemClock.after };
    const air = new Air(clock, new Random(seed).fork("air"), settings);
    const server = await listenOnAir(air, path.join(folder, "air"));
    const programs = {
      hub: bundle("tools/sim/radio/hubprogram.ts"),
      unit: bundle("tools/sim/radio/unit.ts"),
    };
    return new Rig(seed, air, server, folder, programs);
  }

  get socket(): string {
    return path.join(this.folder, "air");
  }

  /** A hub that does not run yet, with a data directory of its own. @param addresses of its adapters */
  hub(
    addresses: string[],
    limits?: HubArguments["limits"],
    dialLimits?: HubArguments["dialLimits"],
  ): HubProcess {
    const name = `hub${++this.names}`;
    const adapters = addresses.map((address) => this.adapter(address));
    const args = { dataDir: path.join(this.folder, name), adapters, limits, dialLimits };
    const hub = new HubProcess(this.programs.hub, args, path.join(this.folder, `${name}.log`));
    this.hubs.push(hub);
    return hub;
  }

  /** Id of the hub's adapter with this address. */
  adapter(address: string): string {
    return `unix:${this.socket}#${address}`;
  }

  /** Boots a virtual handheld; the same name has the same flash again. */
  async unit(name: string, address: string, more: Partial<UnitArguments> = {}): Promise<UnitProcess> {
    const { socket, folder, seed } = this;
    const keepsake = path.join(folder, name);
    const source = { ecg: { seed, rate: 256 } };
    const unit = await UnitProcess.start({ socket, address, keepsake, source, ...more }, this.programs.unit);
    this.units.add(unit);
    return unit;
  }

  async close(): Promise<void> {
    for (const unit of this.units) await unit.kill();
    for (const hub of this.hubs) await hub.kill();
    this.server.close();
    this.air.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
    for (const program of Object.values(this.programs)) fs.rmSync(program, { force: true });
  }
}
