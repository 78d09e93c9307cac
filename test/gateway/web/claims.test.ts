import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HubStatus } from "../../../gateway/health/status";
import { MAX_PAPERS_BYTES, MAX_PHOTO_BYTES } from "../../../gateway/schema/claims";
import { fingerprintOf } from "../../../gateway/store/makers";
import { DeviceClass } from "../../../protocol/certificate";
import { encodeClaimCode } from "../../../protocol/claim";
import { decodeDossier, encodeDossier, MAX_DOSSIER_BYTES } from "../../../protocol/dossier";
import { HOST, ORIGIN, VIEWER_PASSWORD } from "../access/rig";
import { Handheld } from "../store/handheld";
import { makerOf } from "../store/makers";
import { WebRig } from "./rig";

/** Of the real time, in which a thread works. */
const [every, stopEvery] = [setInterval, clearInterval];
const PHOTOS = join(__dirname, "../claim/photos");

describe("claims from the page", function () {
  // The thread that reads photos compiles its sources anew.
  this.timeout(60_000);
  let rig: WebRig;
  let radio: object | undefined;
  beforeEach(async () => {
    rig = new WebRig();
    radio = { simulated: false, adapters: [{ id: "hci0", state: "on" }], links: [], nearby: [] };
    const status = () => ({ radio, presences: [], problems: [] }) as unknown as HubStatus;
    await rig.serve({ status, metrics: undefined as never });
  });
  afterEach(() => rig.close());

  const file = async (code: string, more: object = {}) => {
    const answer = await rig.ask("POST", "/api/claims", { code, ...more });
    assert.equal(answer.statusCode, 202, answer.body);
    return answer.json().claim as number;
  };
  const state = async (claim: number) => (await rig.ask("GET", `/api/claims/${claim}`)).json();
  const papers = (bytes: Uint8Array) =>
    rig.ask("POST", "/api/papers", Buffer.from(bytes), { "content-type": "application/octet-stream" });
  const photo = (payload: Buffer, type = "application/octet-stream") =>
    rig.app.inject({
      ...{ method: "POST", url: "/api/claims/photo", payload },
      headers: {
        ...{ host: HOST, origin: ORIGIN, cookie: rig.owner.cookie, "x-avnode-csrf": rig.owner.csrf },
        "content-type": type,
      },
    });

  it("take a handheld by its typed code, for a person, and say so", async () => {
    const person = (await rig.ask("POST", "/api/people", { name: "Anna" })).json().id;
    const handheld = new Handheld(5);
    rig.handhelds.push(handheld);
    const claim = await file(encodeClaimCode(handheld.code), { person });
    const waiting = await state(claim);
    assert.deepEqual(waiting, { state: "waiting", until: rig.time.now + 60_000 });
    rig.hello(handheld, true);
    const ended = await state(claim);
    assert.deepEqual([ended.state, ended.device], ["claimed", handheld.hex]);
    assert.match(ended.next, /press its button/);
    const [device] = (await rig.ask("GET", "/api/devices")).json().devices;
    assert.deepEqual([device.id, device.person], [handheld.hex, "Anna"]);
  });

  it("tell the maker of the first handheld, and wait for a word about another's", async () => {
    const [maker, other] = [makerOf("first"), makerOf("other")];
    const owned = (made: Handheld) => {
      rig.handhelds.push(made);
      return file(encodeClaimCode(made.code));
    };
    const first = maker.handheld(5, DeviceClass.simulated);
    const begun = await owned(first);
    rig.hello(first, true);
    const taken = await state(begun);
    assert.deepEqual(
      [taken.state, taken.maker],
      ["claimed", { fingerprint: fingerprintOf(maker.publicKey), first: true }],
    );
    assert.match(taken.detail, /first handheld of this maker on this hub/);
    const stranger = other.handheld(6, DeviceClass.simulated);
    const met = await owned(stranger);
    rig.hello(stranger, true);
    const asked = await state(met);
    assert.deepEqual([asked.state, asked.code], ["refused", "other-maker"]);
    assert.ok(asked.detail.includes(fingerprintOf(other.publicKey)), asked.detail);
    assert.equal((await rig.ask("POST", `/api/claims/${begun}/maker`)).statusCode, 404);
    assert.equal((await rig.ask("POST", `/api/claims/${met}/maker`)).statusCode, 200);
    rig.hello(stranger);
    assert.equal((await state(met)).state, "claimed");
    const { devices } = (await rig.ask("GET", "/api/devices")).json();
    assert.deepEqual(
      devices.map((one: { maker: string }) => one.maker),
      [maker, other].map(({ publicKey }) => fingerprintOf(publicKey)),
    );
  });

  it("end with an answer that says what to do: nobody, nobody heard, another's code, ours already, withdrawn", async () => {
    const code = encodeClaimCode(new Handheld(5).code);
    const late = await file(code);
    rig.time.tick(61_000);
    const nobody = await state(late);
    assert.deepEqual([nobody.state, nobody.code], ["expired", "nobody"]);
    assert.match(nobody.next, /hold its button/);
    radio = { simulated: false, adapters: [], links: [], nearby: [] };
    const unheard = await state(late);
    assert.deepEqual([unheard.code, unheard.deaf], ["nobody-heard", "no-adapter"]);
    assert.equal((await rig.ask("GET", "/api/nearby")).json().deaf.code, "no-adapter");
    assert.match(unheard.detail, /no Bluetooth adapter is here/);

    const other = new Handheld(6);
    rig.handhelds.push(other);
    const wrong = await file(code);
    rig.hello(other, true);
    rig.time.tick(3000);
    rig.hello(other, true);
    rig.time.tick(1000);
    assert.match((await state(wrong)).detail, /this is not its code/);

    const ours = rig.claimed(7);
    const again = await file(encodeClaimCode(ours.code));
    rig.hello(ours);
    rig.send(ours, ours.status({}));
    rig.time.tick(1000);
    const yours = await state(again);
    assert.deepEqual([yours.state, yours.code, yours.device], ["refused", "already-yours", ours.hex]);

    const given = await file(code);
    assert.equal((await rig.ask("DELETE", `/api/claims/${given}`)).statusCode, 200);
    assert.equal((await state(given)).code, "withdrawn");
    assert.equal((await rig.ask("DELETE", "/api/claims/99")).statusCode, 404);
  });

  it("refuse a code that is none, and say what is wrong with it", async () => {
    const good = encodeClaimCode(new Handheld(5).code);
    for (const code of ["", "avc1 short", good.replace(/.$/, good.endsWith("q") ? "p" : "q")]) {
      const answer = await rig.ask("POST", "/api/claims", { code });
      assert.equal(answer.statusCode, 400, answer.body);
      assert.match(answer.json().code, /^CLAIM_CODE_/);
    }
    const nobody = await rig.ask("POST", "/api/claims", { code: good, person: 9 });
    assert.equal(nobody.json().code, "PERSON_UNKNOWN");
  });

  it("take the handheld's papers, once its maker is believed, and no other file", async () => {
    assert.equal(MAX_PAPERS_BYTES, MAX_DOSSIER_BYTES);
    const handheld = makerOf("first").signing(5, DeviceClass.simulated);
    const early = await papers(handheld.dossier!);
    assert.deepEqual([early.statusCode, early.json().code], [409, "STORE_CERTIFICATE"]);
    rig.handhelds.push(handheld);
    rig.store.claim(handheld.code);
    rig.hello(handheld, true);
    rig.deliver(handheld, handheld.record(2));
    const notes = () => rig.verify().recordings[0]!.notes.join();
    assert.match(notes(), /public table is not here/);
    const kept = await papers(handheld.dossier!);
    assert.deepEqual([kept.statusCode, kept.json()], [200, { device: handheld.hex }], kept.body);
    assert.doesNotMatch(notes(), /public table is not here/);
    const { certificate, leaves } = decodeDossier(handheld.dossier!);
    const altered = encodeDossier({ certificate, leaves: [leaves[0]!.map((byte) => byte ^ 1)] });
    for (const bytes of [altered, Buffer.from("no papers"), Buffer.alloc(MAX_PAPERS_BYTES)]) {
      const answer = await papers(bytes);
      assert.deepEqual([answer.statusCode, answer.json().code], [400, "WEB_PAPERS"], answer.body);
    }
    assert.equal((await papers(Buffer.alloc(MAX_PAPERS_BYTES + 1))).statusCode, 413);
  });

  it("take a photo of the QR, and no other picture", async () => {
    const answer = await photo(readFileSync(join(PHOTOS, "claim.png")));
    assert.equal(answer.statusCode, 202, answer.body);
    assert.equal((await state(answer.json().claim)).state, "waiting");
    const wifi = await photo(readFileSync(join(PHOTOS, "wifi.png")));
    assert.deepEqual([wifi.statusCode, wifi.json().code], [400, "PHOTO_OTHER_CODE"]);
    const none = await photo(Buffer.from("no picture at all"));
    assert.deepEqual([none.statusCode, none.json().code], [400, "PHOTO_FORMAT"]);
    assert.equal((await photo(Buffer.alloc(0))).statusCode, 400);
    assert.equal((await photo(Buffer.alloc(MAX_PHOTO_BYTES + 1))).statusCode, 413);
    assert.equal((await photo(Buffer.from("x"), "image/png")).statusCode, 415);
  });

  it("read no photo for ever, and then the next one", async () => {
    const time = every(() => rig.time.tick(20_000), 5);
    const slow = await photo(scans(8000, 20_000));
    stopEvery(time);
    assert.deepEqual([slow.statusCode, slow.json().code], [400, "PHOTO_SLOW"]);
    const next = await photo(readFileSync(join(PHOTOS, "claim.png")));
    assert.equal(next.statusCode, 202, next.body);
  });

  it("show who is near and has no owner", async () => {
    const seen = (name: string | undefined, rssi: number, address: string) => ({
      ...{ name, rssi, address, heardAt: rig.time.now },
    });
    radio = {
      ...{ simulated: false, adapters: [{ id: "hci0", state: "on" }], links: [] },
      nearby: [seen("avnode 12", -80, "a"), seen(undefined, -40, "b"), seen("avnode 7", -50, "c")],
    };
    const { nearby, deaf } = (await rig.ask("GET", "/api/nearby")).json();
    assert.deepEqual(
      nearby.map((one: { name: string; distance: string }) => [one.name, one.distance]),
      [
        ["avnode 7", "very near"],
        ["avnode 12", "far"],
      ],
    );
    assert.equal(deaf, undefined);
  });

  it("are the owner's", async () => {
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    for (const [method, url] of [
      ["POST", "/api/claims"],
      ["GET", "/api/claims/1"],
      ["DELETE", "/api/claims/1"],
      ["GET", "/api/nearby"],
      ["POST", "/api/papers"],
    ] as const)
      assert.equal((await rig.ask(method, url, undefined, {}, viewer)).statusCode, 403, url);
  });
});

/** A progressive JPEG (ITU-T T.81, annex G) of one grey, square component: its blocks are gone through again and again. */
function scans(pixels: number, count: number): Buffer {
  const segment = (marker: number, ...bytes: number[]) =>
    Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 0xff, ...bytes]);
  const side = [pixels >> 8, pixels & 0xff];
  // One code each, of one bit: no difference; 2^14 blocks and more without a coefficient.
  const lengths = [1, ...Array(15).fill(0)];
  const blocks = (pixels / 8) ** 2;
  const scan = (first: number, last: number, bytes: number) =>
    Buffer.concat([segment(0xda, 1, 1, 0, first, last, 0), Buffer.alloc(bytes)]);
  const ac = scan(1, 63, Math.ceil(((blocks >> 14) + 1) * (15 / 8)) + 2);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, 0, ...Array(64).fill(1)),
    segment(0xc2, 8, ...side, ...side, 1, 1, 0x11, 0),
    segment(0xc4, 0x00, ...lengths, 0),
    segment(0xc4, 0x10, ...lengths, 0xe0),
    scan(0, 0, blocks / 8 + 2),
    ...Array<Buffer>(count).fill(ac),
    Buffer.from([0xff, 0xd9]),
  ]);
}
