import assert from "node:assert/strict";
import { systemClock } from "../../../gateway/clock";
import { Limits } from "../../../gateway/health/limits";
import { rings } from "../../../gateway/health/measures";
import { Keyring } from "../../../gateway/store/keyring";
import { makeServer } from "../../../gateway/web/server";
import { Secrets } from "../../e2e/secrets";
import { PASSWORD, VIEWER_PASSWORD } from "../access/rig";
import { analyse, beat, begin, heart } from "../findings/hearts";
import { WebRig } from "./rig";

describe("diagnostics", function () {
  this.timeout(60_000);
  let rig: WebRig;
  const secrets = new Secrets();
  const { wrap } = Keyring.prototype;
  before(() => {
    // Whatever the store keeps wrapped is a secret.
    Keyring.prototype.wrap = function (secret, place) {
      secrets.add("what the store keeps wrapped", secret);
      return wrap.call(this, secret, place);
    };
  });
  after(() => Object.assign(Keyring.prototype, { wrap }));
  afterEach(() => rig.close());

  it("tell of hub, handhelds and recordings, and no ECG, finding, key, code, name or id", async () => {
    rig = new WebRig();
    const handheld = rig.claimed();
    let lines = ["12:00:00 warn the broker is gone"];
    await rig.serve();
    await rig.app.close();
    rig.app = await makeServer({
      ...{ dataDir: rig.dataDir, hub: rig.store, clock: systemClock },
      health: {
        status: () => ({
          ...{ pid: 1, version: "1", roles: ["store"], startedAt: 0, ok: true, problems: [], presences: [] },
          broker: { address: "mqtt://192.0.2.1", connected: true },
          limits: new Limits([rings(rig.store.reader)], systemClock).list(),
        }),
        metrics: { text: async () => "", contentType: "text/plain; version=0.0.4; charset=utf-8" },
      },
      configured: { recentLog: () => lines },
    });
    const made = begin(handheld);
    beat(handheld, made, heart(7), 60, { af: true, heartRateBpm: 95 });
    handheld.close(made);
    rig.deliver(handheld, made);
    const id = rig.idOf(handheld, 1);
    analyse(rig.store);
    await rig.ask("PUT", `/api/devices/${handheld.hex}/name`, { name: "Kitchen window" });
    const person = await rig.ask("POST", "/api/people", {
      name: "Wilhelmine Abendroth",
      contact: "next door",
    });
    await rig.ask("PUT", `/api/recordings/${id}/person`, { person: person.json().id });
    const link = (await rig.ask("POST", "/api/links", { recording: id, hours: 1, label: "Dr Weiss" })).json();
    rig.send(handheld, handheld.status({ backlog: 3, ringPermille: 900 }));
    rig.time.tick(50);

    lines = [
      ...lines,
      `{"time":1795893833596,"device":"${handheld.hex}","msg":"claimed handheld ${handheld.hex}"}`,
      `recording ${id} is not analysed; ${id.slice(0, 8)}, ${handheld.hex.slice(0, 8)}, ${handheld.hex}-1-1`,
      `cannot open ${rig.dataDir}/pyramid.db; alias ${Buffer.from(handheld.alias).toString("hex")}`,
      "radio: /org/bluez/hci0/dev_C0_FF_EE_12_34_56 (c0:ff:ee:12:34:56) went",
    ];
    const answer = await rig.ask("GET", "/api/diagnostics");
    assert.equal(answer.statusCode, 200, answer.body);
    assert.match(String(answer.headers["content-disposition"]), /attachment/);
    const told = answer.json();
    assert.deepEqual(
      [told.type, told.handhelds.length, told.recordings.length],
      ["avnode/diagnostics", 1, 1],
    );
    assert.deepEqual([told.handhelds[0].status.backlog, told.limits[0].what], [3, "ring"]);
    assert.equal(told.limits[0].device, told.handhelds[0].handheld);
    assert.equal(told.recordings[0].handheld, told.handhelds[0].handheld);
    const [broker, claimed, refused] = told.lines;
    const { handheld: alias } = told.handhelds[0];
    assert.equal(broker, "12:00:00 warn the broker is gone");
    // Still told from others, and which one it was, by whoever reads the rest.
    assert.equal(claimed, `{"time":1795893833596,"device":"${alias}","msg":"claimed handheld ${alias}"}`);
    assert.match(refused, new RegExp(`^recording ${told.recordings[0].recording} .*, ${alias}-1-1$`));
    for (const known of [id.slice(0, 8), handheld.hex.slice(0, 8), "C0_FF_EE", "c0:ff:ee"])
      assert.equal(answer.body.includes(known), false, known);

    for (const [what, text] of [
      ["the password", PASSWORD],
      ["a viewer's password", VIEWER_PASSWORD],
      ["a person", "Wilhelmine Abendroth"],
      ["her contact", "next door"],
      ["a handheld's name", "Kitchen window"],
      ["a doctor", "Dr Weiss"],
      ["a link", link.address.split("#")[1]],
      ["a session", rig.owner.csrf],
      ["a recording's id", id],
      ["a handheld's id", handheld.hex],
      ["where the data lies", rig.dataDir],
    ] as const)
      secrets.addText(what, text);
    secrets.add("a handheld's alias", handheld.alias);
    secrets.addClaimCode(handheld.code);
    secrets.addKeyring(rig.dataDir);
    secrets.addRecordings(rig.store.reader);
    assert.ok(secrets.sampleRows > 1000 && secrets.count("what the store keeps wrapped") > 3);
    assert.deepEqual(secrets.foundIn([answer.body]), []);
    // It would be found.
    assert.equal(secrets.foundIn([`${answer.body} ${id}`]).length, 1);
    assert.doesNotMatch(answer.body, /fibrillation|"af"|sinus|rhythm|meanRate|symptom|confidence/);
  });

  it("are the owner's, and stand in the ledger", async () => {
    rig = new WebRig();
    await rig.serve();
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    assert.equal((await rig.ask("GET", "/api/diagnostics", undefined, {}, viewer)).statusCode, 403);
    await rig.ask("GET", "/api/diagnostics");
    const { entries } = (await rig.ask("GET", "/api/egress")).json();
    assert.deepEqual([entries[0].kind, entries[0].to], ["diagnostics", "owner"]);
  });
});
