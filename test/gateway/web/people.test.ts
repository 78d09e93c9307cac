import assert from "node:assert/strict";
import { writeProof } from "../../../gateway/proof/write";
import { decodeProof } from "../../../protocol/proof/file";
import { VIEWER_PASSWORD } from "../access/rig";
import type { Handheld } from "../store/handheld";
import { WebRig } from "./rig";

describe("people in the API", function () {
  this.timeout(20_000);
  let rig: WebRig;
  let handheld: Handheld;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
  });
  afterEach(() => rig.close());

  const add = async (name: string, more: object = {}): Promise<number> => {
    const answer = await rig.ask("POST", "/api/people", { name, ...more });
    assert.equal(answer.statusCode, 201, answer.body);
    return answer.json().id;
  };
  const record = (): string => {
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    return rig.idOf(handheld, made.number);
  };
  const assign = (id: string, person: number | null) =>
    rig.ask("PUT", `/api/recordings/${id}/person`, { person });
  const personOf = async (id: string) => (await rig.ask("GET", `/api/recordings/${id}`)).json().person;
  const proofOf = (id: string) =>
    Buffer.from(
      writeProof(rig.store.reader.log.evidence(id), { open: true, hub: rig.store.reader.log.key() }),
    );

  it("are added with what is known of them, corrected as a whole, and never two of one name", async () => {
    const anna = await add("Anna Weiss", { birthDate: "1941-03-07", contact: "her daughter, next door" });
    await add("Bernd");
    const taken = await rig.ask("POST", "/api/people", { name: "Anna Weiss" });
    assert.deepEqual([taken.statusCode, taken.json().code], [409, "PERSON_NAME"]);
    const changed = await rig.ask("PUT", `/api/people/${anna}`, {
      name: "Anna Weiß",
      birthDate: "1941-03-07",
    });
    assert.deepEqual(changed.json(), {
      ...{ id: anna, name: "Anna Weiß", birthDate: "1941-03-07" },
      ...{ recordings: 0, handhelds: [] },
    });
    assert.equal((await rig.ask("PUT", `/api/people/${anna}`, { name: "Bernd" })).statusCode, 409);
    assert.equal((await rig.ask("PUT", "/api/people/99", { name: "Nobody" })).json().code, "PERSON_UNKNOWN");
    const { people } = (await rig.ask("GET", "/api/people")).json();
    assert.deepEqual(
      people.map(({ name }: { name: string }) => name),
      ["Anna Weiß", "Bernd"],
    );
    for (const wrong of [{}, { name: " " }, { name: "x", birthDate: "7 March" }, { name: "x", sex: "f" }])
      assert.equal((await rig.ask("POST", "/api/people", wrong)).statusCode, 400);
  });

  it("are called by visible characters, which draw over nothing, and be it in a script with joiners", async () => {
    for (const name of ["a\u001b[2Jb", "a\nb", "a\u202egnp.exe", "a\u2066b", "a\u2028b", "\u0007"])
      for (const wrong of [{ name }, { name: "Anna", contact: name }])
        assert.equal((await rig.ask("POST", "/api/people", wrong)).statusCode, 400, JSON.stringify(wrong));
    for (const name of ["می\u200cخواهم", "Dr. O'Neil <Weiß> & 王"]) await add(name);
  });

  it("keep what is noted of them out of the database file", async () => {
    await add("Anna", { birthDate: "1941-03-07", contact: "her daughter" });
    const { body } = rig.row("SELECT body FROM details") as { body: Buffer };
    assert.doesNotMatch(body.toString("latin1"), /1941|daughter/);
    rig.sql("UPDATE details SET body = zeroblob(length(body))");
    assert.match(rig.verify().problems.join(), /name of person 1 was altered/);
  });

  it("get a recording that was nobody's, and lose it, while its proof stays as it was", async () => {
    const id = record();
    const before = proofOf(id);
    assert.equal(await personOf(id), undefined);
    const [anna, bernd] = [await add("Anna"), await add("Bernd")];
    const first = (await assign(id, anna)).json().assignment;
    assert.deepEqual([first.from, first.to, first.at], [null, "Anna", rig.time.now]);
    assert.equal(await personOf(id), "Anna");
    assert.deepEqual((await assign(id, anna)).json(), {});
    rig.time.tick(1000);
    assert.equal((await assign(id, bernd)).statusCode, 200);
    const listed = (await rig.ask("GET", "/api/recordings?person=Bernd")).json().recordings;
    assert.deepEqual(
      listed.map((one: { id: string }) => one.id),
      [id],
    );
    await assign(id, null);
    assert.equal(await personOf(id), undefined);
    const { person, born, assignments } = (await rig.ask("GET", `/api/recordings/${id}/assignments`)).json();
    assert.deepEqual([person, born], [null, null]);
    assert.deepEqual(
      assignments.map(({ from, to }: { from: string; to: string }) => [from, to]),
      [
        [null, "Anna"],
        ["Anna", "Bernd"],
        ["Bernd", null],
      ],
    );
    assert.deepEqual(proofOf(id), before);
    assert.deepEqual(rig.verify().problems, []);
    assert.equal(rig.verify().ok, true);
  });

  it("are committed to by the log under the name of the recording's day, whatever they are called since", async () => {
    const anna = await add("Anna");
    const given = await rig.ask("PUT", `/api/devices/${handheld.hex}/person`, { person: anna });
    assert.equal(given.statusCode, 200, given.body);
    const id = record();
    assert.equal(await personOf(id), "Anna");
    await rig.ask("PUT", `/api/people/${anna}`, { name: "Anna Maria" });
    assert.equal(await personOf(id), "Anna Maria");
    const bernd = await add("Bernd");
    await assign(id, bernd);
    assert.equal(Buffer.from(decodeProof(proofOf(id)).person!.name).toString(), "Anna");
    assert.equal(rig.verify().ok, true, rig.verify().problems.join());
    const { people } = (await rig.ask("GET", "/api/people")).json();
    assert.deepEqual(
      people.map((one: { name: string; recordings: number; handhelds: string[] }) => [
        one.name,
        one.recordings,
        one.handhelds,
      ]),
      [
        ["Anna Maria", 0, [handheld.hex]],
        ["Bernd", 1, []],
      ],
    );
    // A status that is stored later does not take it back.
    rig.send(handheld, handheld.status({ backlog: 3 }));
    rig.time.tick(50);
    rig.reopen();
    assert.equal(rig.store.reader.devices()[0]!.person, "Anna Maria");
  });

  it("leave no assignment that could be taken away or altered unseen", async () => {
    const id = record();
    const anna = await add("Anna");
    await assign(id, anna);
    const problems = () => rig.verify().problems.join("\n");
    assert.equal(problems(), "");
    const { body } = rig.row("SELECT body FROM layers") as { body: Buffer };
    rig.sql("UPDATE layers SET body = zeroblob(40)");
    assert.match(problems(), /an assignment of recording \w+ was altered/);
    rig.sql("UPDATE layers SET body = ?", body);
    assert.equal(problems(), "");
    rig.sql("UPDATE layers SET at = at - 1000");
    assert.match(problems(), /an assignment of recording \w+ was altered/);
    assert.equal(await personOf(id), undefined);
    rig.sql("DELETE FROM layers");
    assert.match(problems(), /says that an assignment of recording \w+ was kept; it is gone/);
  });

  it("stay assigned when the recording is erased", async () => {
    const id = record();
    await assign(id, await add("Anna"));
    rig.store.forget(id);
    assert.equal(await personOf(id), "Anna");
    assert.equal(rig.verify().ok, true, rig.verify().problems.join());
  });

  it("alone have their recordings sent: a link to one that is nobody's is refused, and ends while it is", async () => {
    const id = record();
    const link = () => rig.ask("POST", "/api/links", { recording: id, hours: 1, label: "Dr Weiss" });
    const refused = await link();
    assert.deepEqual([refused.statusCode, refused.json().code], [409, "WEB_UNASSIGNED"]);
    assert.match(refused.json().message, /say whose it is first/);
    assert.deepEqual((await rig.ask("GET", "/api/links")).json().links, []);

    const anna = await add("Anna");
    await assign(id, anna);
    const { address } = (await link()).json();
    const authorization = `Bearer ${address.split("#")[1]}`;
    const by = (method: "GET" | "POST", url: string, body?: object) =>
      rig.ask(method, url, body, { authorization }, { cookie: "", csrf: "" });
    assert.equal((await by("GET", `/api/recordings/${id}`)).statusCode, 200);
    await assign(id, null);
    const opened = async () => (await rig.ask("GET", "/api/egress")).json().entries[0].count;
    const before = await opened();
    const signed = { name: "A. Weiss", comment: "Seen.", findings: [] };
    for (const answer of [
      await by("GET", "/api/link"),
      await by("GET", `/api/recordings/${id}`),
      await by("GET", `/api/recordings/${id}/proof`),
      await by("POST", `/api/recordings/${id}/overreads`, signed),
    ])
      assert.deepEqual([answer.statusCode, answer.json().code], [403, "WEB_REASSIGNED"]);
    assert.equal(await opened(), before, "nothing left the house");
    await assign(id, await add("Bea"));
    const others = await by("GET", `/api/recordings/${id}`);
    assert.deepEqual([others.statusCode, others.json().code], [403, "WEB_REASSIGNED"]);
    await assign(id, anna);
    assert.equal((await by("GET", `/api/recordings/${id}`)).statusCode, 200);
  });

  it("are the owner's to change, and a clinician's not to see", async () => {
    const id = record();
    const anna = await add("Anna");
    const viewer = await rig.login(VIEWER_PASSWORD, "viewer");
    await assign(id, anna);
    const { address } = (await rig.ask("POST", "/api/links", { recording: id, hours: 1 })).json();
    const authorization = `Bearer ${address.split("#")[1]}`;
    const nobody = { cookie: "", csrf: "" };
    for (const [method, url, body] of [
      ["POST", "/api/people", { name: "Eve" }],
      ["PUT", `/api/people/${anna}`, { name: "Eve" }],
      ["PUT", `/api/recordings/${id}/person`, { person: anna }],
      ["PUT", `/api/devices/${handheld.hex}/person`, { person: anna }],
    ] as const) {
      assert.equal((await rig.ask(method, url, body, {}, viewer)).json().code, "ACCESS_ROLE", url);
      const answer = await rig.ask(method, url, body, { authorization }, nobody);
      assert.equal(answer.json().code, "ACCESS_ROLE", url);
    }
    assert.equal((await rig.ask("GET", "/api/people", undefined, { authorization }, nobody)).statusCode, 403);
    assert.equal((await rig.ask("GET", "/api/people", undefined, {}, viewer)).statusCode, 200);
  });
});
