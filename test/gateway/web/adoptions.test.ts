import assert from "node:assert/strict";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Adopter } from "../../../gateway/adopt/adopter";
import { systemClock } from "../../../gateway/clock";
import { silentLog } from "../../../gateway/store/log";
import { edfBytes } from "../adopt/edffile";
import { noise } from "../export/source";
import { WebRig } from "./rig";

const SIGNAL = noise(1000, 30_000);
const FILE = edfBytes({ signals: [{ label: "ECG II", counts: [[...SIGNAL]] }] });
const OCTETS = { "content-type": "application/octet-stream" };

describe("An old recording from the page", function () {
  this.timeout(30_000);
  let rig: WebRig;
  let adopter: Adopter;

  beforeEach(async () => {
    rig = new WebRig({ kind: "home" });
    // A thread reads the file, and no fake clock reaches it.
    rig.time.restore();
    await rig.serve();
    const { store, dataDir } = rig;
    adopter = new Adopter({ store, dataDir, clock: systemClock, log: silentLog });
  });

  afterEach(async () => {
    await adopter.stop();
    await rig.close();
  });

  const piece = (bytes: Uint8Array, at: number, upload?: string) => {
    const query = upload === undefined ? `at=${at}` : `at=${at}&upload=${upload}`;
    return rig.ask("POST", `/api/adoptions/pieces?${query}`, Buffer.from(bytes), OCTETS);
  };
  const uploaded = async (bytes: Uint8Array): Promise<string> => {
    const { upload } = (await piece(bytes.subarray(0, 700), 0)).json();
    const { statusCode } = await piece(bytes.subarray(700), 700, upload);
    assert.equal(statusCode, 200);
    return upload;
  };
  const outcome = async (body: object) => {
    const filed = await rig.ask("POST", "/api/adoptions", body);
    assert.equal(filed.statusCode, 202, filed.body);
    for (;;) {
      const state = (await rig.ask("GET", `/api/adoptions/${filed.json().adoption}`)).json();
      if (state.state !== "waiting") return state;
      await new Promise((done) => setTimeout(done, 50));
    }
  };

  it("comes in pieces and is kept count for count, as somebody's, marked on every list", async () => {
    const person = (await rig.ask("POST", "/api/people", { name: "Ada" })).json().id;
    const { state, recording, known, zoneAssumed } = await outcome({ upload: await uploaded(FILE), person });
    assert.deepEqual([state, known, zoneAssumed], ["adopted", false, true]);
    const told = (await rig.ask("GET", `/api/recordings/${recording}`)).json();
    assert.deepEqual([told.adopted, told.simulated, told.person, told.samples], [true, false, "Ada", 1000]);
    const [{ samples }] = [...rig.store.reader.pieces(recording)];
    assert.deepEqual(samples[0], SIGNAL);
    const again = await outcome({ upload: await uploaded(FILE) });
    assert.deepEqual([again.recording, again.known], [recording, true]);
    assert.deepEqual(readdirSync(join(rig.dataDir, "adopting")), []);
  });

  it("is refused in words with the hub's code, and nothing of it stays", async () => {
    const { state, code, message } = await outcome({ upload: await uploaded(Buffer.alloc(2000, "x")) });
    assert.equal(state, "refused");
    assert.equal(code, "EDF_VERSION");
    assert.match(message, /; check/);
    assert.deepEqual(readdirSync(join(rig.dataDir, "adopting")), []);
  });

  it("takes no piece out of its place, of no upload, or for nobody known", async () => {
    const { upload } = (await piece(FILE.subarray(0, 700), 0)).json();
    for (const answer of [
      await piece(FILE, 600, upload),
      await piece(FILE, 0, "0".repeat(32)),
      await rig.ask("POST", "/api/adoptions", { upload: "0".repeat(32) }),
    ]) {
      assert.equal(answer.statusCode, 409);
      assert.equal(answer.json().code, "ADOPT_PIECE");
    }
    assert.equal((await piece(FILE, 2 ** 31, upload)).json().code, "ADOPT_SIZE");
    assert.equal((await piece(FILE, 0, "../../keyring")).statusCode, 400);
    assert.equal(
      (await rig.ask("POST", "/api/adoptions", { upload, person: 99 })).json().code,
      "PERSON_UNKNOWN",
    );
    assert.equal((await rig.ask("GET", "/api/adoptions/99")).statusCode, 404);
  });

  it("is cleared away when its page went, at the next one", async () => {
    await piece(FILE, 0);
    const [left] = readdirSync(join(rig.dataDir, "adopting"));
    const old = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(join(rig.dataDir, "adopting", left!), old, old);
    await piece(FILE, 0);
    const now = readdirSync(join(rig.dataDir, "adopting"));
    assert.equal(now.length, 1);
    assert.notEqual(now[0], left);
  });
});
