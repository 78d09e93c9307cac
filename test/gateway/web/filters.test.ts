import assert from "node:assert/strict";
import type { Checkpoint } from "../../../gateway/store/findings/types";
import { analyse, beat, begin, heart } from "../findings/hearts";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

const RECORDINGS = 300;
const IS_AF = (number: number) => number % 50 === 3;
const IS_CLOSED = (number: number) => number % 3 !== 0;
const IS_ANNAS = (number: number) => number % 40 === 7;

describe("the API's filters of 300 recordings", function () {
  this.timeout(120_000);
  let rig: WebRig;
  let handheld: Handheld;
  before(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
    const info = analysedOnce();
    const anna = (await rig.ask("POST", "/api/people", { name: "Anna Weiss" })).json().id;
    for (let number = 2; number <= RECORDINGS; number++) {
      const made = handheld.begin({ startMs: 1_700_000_000_000 + number * 1000 });
      handheld.data(made);
      if (IS_CLOSED(number)) handheld.close(made);
      rig.deliver(handheld, made);
      const recording = rig.idOf(handheld, number);
      const rhythm = IS_AF(number) ? ("af" as const) : ("sinus" as const);
      if (number % 10 !== 0)
        rig.store.keepFindings({ ...info, recording, episodes: [{ ...info.episodes[0]!, rhythm }] });
      if (IS_ANNAS(number)) await rig.ask("PUT", `/api/recordings/${recording}/person`, { person: anna });
    }
  });
  after(() => rig.close());

  /** What a real analysis says of the first one, as pattern for the others. */
  function analysedOnce(): Checkpoint {
    const made = begin(handheld);
    beat(handheld, made, heart(7), 150, { af: false, heartRateBpm: 65 });
    handheld.close(made);
    rig.deliver(handheld, made);
    analyse(rig.store);
    const [info] = rig.store.reader.findings.of(rig.idOf(handheld, 1));
    return {
      ...{ ...info!, summary: info!.summary!, beats: [], number: undefined },
      ...{ from: 0, next: 9, state: new Uint8Array() },
    };
  }

  /** Numbers of the one handheld's recordings, over all pages; and how many answers it took. */
  async function all(query: string): Promise<{ numbers: number[]; answers: number }> {
    const numbers: number[] = [];
    for (let [after, answers] = ["", 1]; ; answers++) {
      const answer = await rig.ask("GET", `/api/recordings?limit=30&device=${handheld.hex}&${query}${after}`);
      assert.equal(answer.statusCode, 200, answer.body);
      const { recordings, next } = answer.json();
      assert.ok(recordings.length <= 30);
      numbers.push(...recordings.map((one: { number: number }) => one.number));
      if (next === undefined) return { numbers, answers };
      after = `&after=${next}`;
    }
  }
  const numbered = (is: (number: number) => boolean) =>
    Array.from({ length: RECORDINGS }, (_, n) => RECORDINGS - n).filter(is);

  it("find what was found, however far back, and each once", async () => {
    assert.deepEqual(
      (await all("finding=af")).numbers,
      numbered(IS_AF).filter((n) => n % 10 !== 0),
    );
    const { numbers } = await all("finding=sinus");
    assert.deepEqual(
      numbers,
      numbered((n) => !IS_AF(n) && n % 10 !== 0),
    );
    assert.deepEqual((await all("finding=vrun")).numbers, []);
  });

  it("find a person's, and nobody's", async () => {
    assert.deepEqual((await all("person=Anna%20Weiss")).numbers, numbered(IS_ANNAS));
    assert.deepEqual(
      (await all("person=")).numbers,
      numbered((n) => !IS_ANNAS(n)),
    );
  });

  it("find those of a proof", async () => {
    assert.deepEqual((await all("proof=sealed")).numbers, numbered(IS_CLOSED));
    assert.deepEqual(
      (await all("proof=open")).numbers,
      numbered((n) => !IS_CLOSED(n)),
    );
    assert.deepEqual((await all("proof=signed")).numbers, []);
  });

  it("hold together, and keep no answer long: what little passes comes in several", async () => {
    const both = await all("finding=sinus&proof=open&person=");
    const isBoth = (n: number) => !IS_AF(n) && n % 10 !== 0 && !IS_CLOSED(n) && !IS_ANNAS(n);
    assert.deepEqual(both.numbers, numbered(isBoth));
    assert.ok((await all("proof=wrong")).answers > 5);
    for (const query of ["finding=cancer", "proof=yes", "proof=signed&proof=open"])
      assert.equal((await rig.ask("GET", `/api/recordings?${query}`)).statusCode, 400, query);
  });
});
