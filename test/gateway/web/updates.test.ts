import assert from "node:assert/strict";
import { Updates } from "../../../gateway/store/updates";
import { UpdatePhase, UpdateRefusal } from "../../../protocol/update";
import { Random } from "../../../tools/sim/random";
import { Maker } from "../../firmware/maker";
import { VIEWER_PASSWORD } from "../access/rig";
import { releaseFile } from "../update/files";
import { WebRig } from "./rig";

const OCTETS = { "content-type": "application/octet-stream" };
const maker = new Maker("web");
const image = new Random("web").bytes(1000);
const file = (counter: number, version: string) =>
  Buffer.from(releaseFile(maker.release(image, { board: "simulated", counter, version })));

describe("An update from the page", () => {
  let rig: WebRig;
  let id: string;
  let updates: Updates;

  beforeEach(async () => {
    rig = new WebRig();
    await rig.serve();
    id = rig.claimed().hex;
    updates = Updates.open(rig.dataDir);
  });
  afterEach(async () => {
    updates.close();
    await rig.close();
  });

  const add = (bytes: Buffer) => rig.ask("POST", "/api/releases", bytes, OCTETS);
  const get = async () => (await rig.ask("GET", `/api/devices/${id}/update`)).json();
  const post = (what: string, body?: object) => rig.ask("POST", `/api/devices/${id}/update/${what}`, body);

  it("is offered once its release is here, and started, restarted and cancelled by its owner", async () => {
    assert.deepEqual(await get(), {});
    assert.equal((await post("start", {})).json().code, "UPDATE_NONE");
    assert.deepEqual((await add(file(2, "0.2.0"))).json(), { version: "0.2.0", board: "simulated" });
    assert.deepEqual(await get(), { newest: { version: "0.2.0", notes: "Zählt besser.\n" } });
    for (const what of ["swap", "cancel"]) assert.equal((await post(what, {})).json().code, "UPDATE_IDLE");
    assert.equal((await post("start", {})).statusCode, 202);
    assert.equal((await post("start", {})).json().code, "UPDATE_UNDERWAY");
    const going = { version: "0.2.0", state: "waiting", share: 0, whenReady: false };
    assert.deepEqual((await get()).update, going);
    const state = { running: 1, counter: 2, refused: UpdateRefusal.none };
    const heard = (more: object) =>
      updates.change(id, { begun: true, state: { ...state, phase: 2, taken: 0, ...more } });
    heard({ taken: 512 });
    assert.deepEqual((await get()).update, { ...going, state: "taking", share: 0.512 });
    heard({ taken: 1000 });
    assert.equal((await get()).update.state, "checking");
    heard({ phase: UpdatePhase.ready, taken: 1000, refused: UpdateRefusal.battery });
    assert.deepEqual((await get()).update, { ...going, state: "ready", share: 1, refused: "battery" });
    assert.equal((await post("swap", { whenReady: true })).statusCode, 202);
    assert.equal((await get()).update.whenReady, true);
    assert.equal((await post("cancel")).statusCode, 202);
    assert.equal((await get()).update.state, "cancelling");
    updates.change(id, { ended: { how: "cancelled", at: 1 } });
    assert.deepEqual((await get()).update.state, "cancelled");
    assert.equal((await get()).newest.version, "0.2.0");
  });

  it("that was never sent is cancelled at once", async () => {
    await add(file(2, "0.2.0"));
    await post("start", {});
    await post("cancel");
    assert.equal((await get()).update.state, "cancelled");
  });

  it("takes no file that is no release, too long, or of a stranger", async () => {
    assert.equal((await add(Buffer.from("no release"))).json().code, "UPDATE_FILE");
    assert.equal((await add(Buffer.alloc(1_081_345))).statusCode, 413);
    const altered = file(2, "0.2.0");
    altered[altered.length - 1]! ^= 1;
    assert.equal((await add(altered)).json().code, "UPDATE_FILE");
  });

  it("is its owner's alone", async () => {
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    const as = (method: "GET" | "POST", url: string) => rig.ask(method, url, undefined, {}, viewer);
    assert.equal((await as("GET", `/api/devices/${id}/update`)).statusCode, 403);
    for (const what of ["start", "swap", "cancel"])
      assert.equal((await as("POST", `/api/devices/${id}/update/${what}`)).statusCode, 403);
    assert.equal((await rig.ask("POST", "/api/releases", file(2, "2"), OCTETS, viewer)).statusCode, 403);
    assert.equal((await rig.ask("GET", "/api/devices/0000000000000000/update")).statusCode, 404);
  });
});
