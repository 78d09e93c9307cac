/**
 * What becomes of a handheld that is squatted on, in virtual time: the firmware's limits, the hub's radio, and an attacker
 * who always waits for its next advertisement. Where both wait for one, a coin says who gets it.
 */
import assert from "node:assert/strict";
import type { Board } from "../../../firmware/board/board";
import { Strangers } from "../../../firmware/strangers";
import { BluetoothRadio } from "../../../gateway/radio/bluetooth";
import { Random } from "../../../tools/sim/random";
import { type FakeUnit, House } from "../../gateway/radio/fakes";

const RUNS = 500;
const ADAPTER = "hci0";
/** firmware/espruino/radio.ts */
const ADVERTISING_MS = { open: 500, closed: 100 };
const PROOF_MS = 1500;
const LIMIT_S = 3600;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

interface Outcome {
  seconds: number;
  /** Advertisements that both waited for and the attacker got. */
  lost: number;
  /** Those that he got because the hub did not wait. */
  alone: number;
}

/** One handheld of a hub that is squatted on from second 0. @param leavesMs before he is put out he goes by himself */
class Squat {
  readonly house = new House();
  private readonly radio: BluetoothRadio;
  private readonly strangers: Strangers;
  private readonly unit: FakeUnit;
  private taken = false;
  private cancelLeave: () => void = () => {};
  private lost = 0;
  private alone = 0;

  constructor(
    private readonly random: Random,
    private readonly leavesMs: readonly number[],
  ) {
    const { house } = this;
    house.adapters = [ADAPTER];
    this.unit = { address: "d0:00:00:00:00:01", rssi: { [ADAPTER]: -60 }, everyMs: 0, connects: 0 };
    const board: Pick<Board, "after" | "uptimeMs"> & { radio: Pick<Board["radio"], "admit" | "disconnect"> } =
      {
        after: (ms, run) => house.clock.after(ms, run),
        uptimeMs: () => house.clock.now(),
        radio: {
          admit: (anybody) => {
            this.unit.connectable = anybody;
          },
          disconnect: () => this.leave(),
        },
      };
    this.strangers = new Strangers(board as Board, () => true);
    this.radio = new BluetoothRadio({
      open: house.open,
      dial: house.dial,
      list: () => house.adapters,
      clock: house.clock,
      random: () => random.next(),
    });
  }

  async run(): Promise<Outcome> {
    const { clock } = this.house;
    this.radio.start({
      onLink: (link) => {
        clock.after(PROOF_MS, () => {
          this.radio.proved(link);
          this.strangers.proved();
        });
      },
      onNotification: () => {},
      onClosed: () => {},
    });
    this.advertise(false);
    for (let s = 0; this.unit.link === undefined; s++) {
      assert.ok(s < 60, "the hub has it at first");
      await clock.pass(1000);
    }
    // It proves itself and stays for a while.
    await clock.pass(60_000);
    this.unit.link!.end(0x08);
    this.take();
    const since = clock.now();
    while (this.unit.link === undefined && clock.now() - since < LIMIT_S * 1000) await clock.pass(100);
    assert.ok(
      this.unit.link,
      `the hub does not have it after ${LIMIT_S} s: ${this.lost} lost, ${this.alone} alone`,
    );
    const seconds = (clock.now() - since) / 1000;
    await clock.pass(300_000);
    assert.ok(this.unit.link, "and keeps it, once it has it");
    return { seconds, lost: this.lost, alone: this.alone };
  }

  private advertise(contested = true): void {
    const { unit, house, random } = this;
    const closed = unit.connectable === false;
    if (!this.taken && !unit.link) {
      const central = house.centrals.get(ADAPTER);
      const hubWaits = central?.waitsFor(unit) === true;
      if (!contested || closed || (hubWaits && random.chance(0.5))) central?.hears(unit);
      else {
        if (hubWaits) this.lost++;
        else this.alone++;
        this.take();
      }
      if (unit.link) this.strangers.connected();
    }
    const everyMs = closed ? ADVERTISING_MS.closed : ADVERTISING_MS.open;
    // The random delay of advertising events.
    house.clock.after(everyMs + random.between([0, 10]), () => this.advertise(this.unit.connects > 0));
  }

  private take(): void {
    this.taken = true;
    this.strangers.connected();
    const { leavesMs } = this;
    if (leavesMs.length > 0) {
      const stay = leavesMs[Math.min(this.lost, leavesMs.length - 1)]!;
      this.cancelLeave = this.house.clock.after(stay, () => this.leave());
    }
  }

  private leave(): void {
    if (!this.taken) return;
    this.cancelLeave();
    this.taken = false;
    this.strangers.disconnected();
  }
}

/** As the firmware's limits say: a minute for the first and for every eighth one, 8 s for the others, 2 s after each. */
function lawSeconds(lost: number): number {
  let seconds = 0;
  for (let turn = 0; turn <= lost; turn++) seconds += (turn % 8 === 0 ? 60 : 8) + 2;
  return seconds;
}

function quantile(sorted: number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0);
}

describe(`squatting on a handheld, in virtual time (seed ${seed})`, function () {
  const outcomes = async (leavesMs: readonly number[]) => {
    const random = new Random(seed);
    const all: Outcome[] = [];
    for (let run = 0; run < RUNS; run++) all.push(await new Squat(random.fork(`run ${run}`), leavesMs).run());
    return all;
  };
  const print = (who: string, all: Outcome[]) => {
    const seconds = all.map((one) => one.seconds).sort((a, b) => a - b);
    const [half, most, nearlyAll] = [0.5, 0.9, 0.99].map((share) => quantile(seconds, share));
    console.log(
      `      ${who}, ${RUNS} runs: the hub has it again after ${half} s in half of them, ${most} s in 90 %, ` +
        `${nearlyAll} s in 99 %, ${quantile(seconds, 1)} s at most`,
    );
  };

  it("ends by a fair coin for each time that he is put out, though he comes back at once", async () => {
    const all = await outcomes([]);
    print("put out each time", all);
    for (const { seconds, lost, alone } of all) {
      assert.equal(alone, 0, "the hub waits whenever there is something to wait for");
      const law = lawSeconds(lost);
      // Half a second until an advertisement comes, each time; and a look each tenth.
      assert.ok(
        seconds >= law && seconds < law + 0.6 * (lost + 2),
        `${seconds} s with ${lost} lost, not ${law}`,
      );
    }
    const meanLost = all.reduce((sum, { lost }) => sum + lost, 0) / RUNS;
    // A fair coin loses once before it wins, with a standard deviation of the square root of 2.
    assert.ok(Math.abs(meanLost - 1) < 5 * Math.sqrt(2 / RUNS), `${meanLost} lost on average`);
  });

  it("takes less where he goes at once and comes back, again and again", async () => {
    const all = await outcomes([50]);
    print("gone at once", all);
    const slow = all.filter(({ seconds, lost, alone }) => seconds > 3 * (lost + alone + 2));
    assert.deepEqual(slow, []);
    const late = all.filter(({ seconds }) => seconds > 60);
    // Ten lost in a row, or the hub among those that fail too often.
    assert.ok(late.length <= RUNS / 50, `${late.length} of ${RUNS} runs took longer than a minute`);
  });

  it("takes no longer where he goes by himself, just before he would be put out", async () => {
    const all = await outcomes([59_900, 7900]);
    print("gone before that", all);
    for (const { seconds, lost, alone } of all) {
      assert.equal(alone, 0);
      assert.ok(seconds < lawSeconds(lost) + 0.6 * (lost + 2), `${seconds} s with ${lost} lost`);
    }
  });
});
