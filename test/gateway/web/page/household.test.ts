import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type FakeHub, RATE, type Shape } from "./fakehub";
import { settled, withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const TOKEN = "abcdefghijklmnopqrstuvwxyz012345";
const posted = (hub: FakeHub, route: string) => JSON.parse(hub.bodies.get(route)!.toString());

describe("the owner's screens in a browser", function () {
  this.timeout(180_000);
  const rig = withPage();

  /** What the browser tells its console of a refusal is meant here. */
  const refusedOnPurpose = () => rig.complaints.splice(0);

  it("first run: nothing but the code's field before there is a password; two that differ are not sent", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/setup/k3f9-2m7q", {}, ({ refusals, answers }) => {
      refusals.set("GET /api/session", 401);
      answers["GET /api/setup"] = () => ({ password: false, open: false });
    });
    // As it stands in the printed address.
    assert.equal(await page.getByLabel("Code").inputValue(), "k3f9-2m7q");
    assert.equal(await page.locator("nav").count(), 0);
    assert.ok(!hub.asked.some((route) => route.startsWith("GET /api/recordings")));
    await page.getByLabel("New password").fill("correct horse");
    await page.getByLabel("The same again").fill("correct house");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("The two are not the same.").waitFor();
    await page.getByLabel("The same again").fill("correct horse");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Everything is set up.").waitFor();
    assert.match(page.url(), /#\/setup$/);
    assert.deepEqual(posted(hub, "POST /api/setup/password"), {
      code: "k3f9-2m7q",
      password: "correct horse",
    });
    refusedOnPurpose();
  });

  it("first run: comes back to the step that is open, and a recovery code is shown once", async () => {
    const steps = (next: string) => () => ({
      steps: ["password", "claim", "person", "recovery", "backup"].map((step, n, all) => ({
        step,
        state: n < all.indexOf(next) ? "done" : "open",
      })),
      next,
    });
    const { page, hub } = await rig.open(SHAPE, "", {}, ({ answers }) => {
      answers["GET /api/setup/steps"] = steps("claim");
    });
    await page.getByText("The first run is not finished: Handheld.").waitFor();
    await page.getByRole("link", { name: "Go on" }).click();
    await page.getByLabel("Code of the handheld").waitFor();
    hub.answers["GET /api/setup/steps"] = steps("recovery");
    await page.getByRole("button", { name: "Leave this out" }).click();
    assert.deepEqual(posted(hub, "PUT /api/setup/steps/claim"), { state: "skipped" });
    await page.getByRole("button", { name: "Make the recovery code" }).click();
    await page.getByText(/^avr1 k3f9/).waitFor();
    await page.getByRole("button", { name: "It is on paper and put away" }).click();
    hub.answers["GET /api/setup/steps"] = () => ({ steps: [] });
    await page.getByText("Everything is set up.").waitFor();
    assert.deepEqual(posted(hub, "PUT /api/setup/steps/recovery"), { state: "done" });
    assert.equal(await page.getByText(/^avr1/).count(), 0);
  });

  it("claim: says when to hold the button, and how it ended, in words", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim");
    await page.getByText("very near").waitFor();
    await page.getByLabel("Code of the handheld").fill("abcd");
    await page.getByRole("button", { name: "Claim it" }).click();
    await page.getByText("Hold the handheld's button now, until 14:03.").waitFor();
    hub.answers["GET /api/claims/3"] = () => ({
      state: "refused",
      detail: "Another hub owns it.",
      next: "Reset it.",
    });
    await page.getByText("It could not be claimed.").waitFor();
    await page.getByText("Another hub owns it.").waitFor();
    assert.deepEqual(posted(hub, "POST /api/claims"), { code: "abcd" });
  });

  it("claim: asks for a word about a maker that the hub does not know, and goes on", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim");
    hub.answers["GET /api/claims/3"] = () => ({
      ...{ state: "refused", code: "other-maker", maker: { fingerprint: "ab12 cd34", first: false } },
      ...{ detail: "Another maker: ab12 cd34", next: "Compare it." },
    });
    hub.answers["POST /api/claims/3/maker"] = () => ({});
    await page.getByLabel("Code of the handheld").fill("abcd");
    await page.getByRole("button", { name: "Claim it" }).click();
    await page.getByText("Its maker’s fingerprint: ab12 cd34.").waitFor();
    await page.getByRole("button", { name: "the maker’s paper shows the same fingerprint" }).click();
    hub.answers["GET /api/claims/3"] = () => ({ state: "claimed", detail: "made by it", next: "press it" });
    await page.getByText("Press its button to record.").waitFor();
    assert.ok(hub.asked.includes("POST /api/claims/3/maker"));
  });

  it("claim: says in the page's language why the hub hears nothing", async () => {
    const { page } = await rig.open(SHAPE, "#/claim", { locale: "de-DE" }, ({ answers }) => {
      const deaf = { code: "no-radio", why: "it runs without a radio", next: "see that a relay runs" };
      answers["GET /api/nearby"] = () => ({ nearby: [], deaf });
    });
    await page.getByText("Dieser Hub läuft ohne Funk: Sehen Sie nach, ob nahe am Handgerät").waitFor();
    assert.equal(await page.getByText("without a radio").count(), 0);
  });

  it("claim: a photo is sent as it is", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/claim");
    const photo = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 10]);
    await page
      .getByLabel("Or a photo of its QR code")
      .setInputFiles({ name: "qr.png", mimeType: "image/png", buffer: photo });
    await page.getByText("Hold the handheld's button now").waitFor();
    assert.deepEqual(hub.bodies.get("POST /api/claims/photo"), photo);
  });

  it("recording: given to a person, shown to a doctor, taken along and verified", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recordings/r1");
    await page.getByText("has given all of it over · 14:02").waitFor();
    await page.getByText("/media/stick/avnode: has all of it · 14:02").waitFor();
    await page.getByText("Dr Weiss · link open until 4 Dec 2026, 14:02 · opened 13:22").waitFor();
    await page.getByLabel("Belongs to").selectOption("Anna Weiss");
    await page.getByText("Saved.", { exact: true }).waitFor();
    assert.deepEqual(posted(hub, "PUT /api/recordings/r1/person"), { person: 1 });
    await page.getByLabel("For whom").fill("Dr Weiss");
    await page.getByLabel("For days").fill("0");
    await page.getByRole("button", { name: "Make the link" }).click();
    await page.locator("input:out-of-range").waitFor();
    assert.equal(hub.asked.includes("POST /api/links"), false);
    await page.getByLabel("For days").fill("7");
    await page.getByRole("button", { name: "Make the link" }).click();
    assert.match(await page.getByLabel("The link's address").inputValue(), /\/link#/);
    assert.deepEqual(posted(hub, "POST /api/links"), { recording: "r1", hours: 168, label: "Dr Weiss" });
    const loopback = page.getByText("opens on the hub’s own machine alone");
    assert.equal(await loopback.count(), 0);
    const made = hub.answers["POST /api/links"]!() as object;
    hub.answers["POST /api/links"] = () => ({ ...made, address: `http://127.0.0.1:8480/link#${TOKEN}` });
    await page.getByRole("button", { name: "Make the link" }).click();
    await loopback.waitFor();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("Authentic: this is what the handheld made.").waitFor();
    await page.getByText("30 frames, 7,500 samples").waitFor();
    hub.answers["GET /api/recordings/r1/export"] = () => "samples";
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    assert.equal(file.suggestedFilename(), `${hub.device.id}-7.csv`);
    await page.getByLabel("Whose it is").selectOption("true");
    const [edf] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "EDF+" }).click(),
    ]);
    assert.equal(edf.suggestedFilename(), `${hub.device.id}-7.edf`);
    assert.equal(hub.queries.at(-1), "?format=edf&nameless=true");
    hub.answers["GET /api/recordings/r1/report"] = () => "pages";
    const [report] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Report (PDF)" }).click(),
    ]);
    assert.equal(report.suggestedFilename(), `${hub.device.id}-7.pdf`);
    assert.match(hub.queries.at(-1)!, /[?&]language=en(&|$)/);
  });

  const clinician = (prepare?: (hub: FakeHub) => void) =>
    rig.open(
      {
        ...SHAPE,
        episodes: [
          {
            rhythm: "af",
            from: 0,
            to: 20 * RATE,
            confidence: 0.9,
            rate: 110,
            evidence: { from: 0, to: RATE },
          },
        ],
      },
      `link#${TOKEN}`,
      {},
      prepare,
    );

  it("clinician: the link opens one recording, and an over-read is signed beside the automatic result", async () => {
    const { page, hub } = await clinician();
    await page.getByText("This link opens one recording until").waitFor();
    await page.getByText("DEMO: simulated, not your heart").waitFor();
    await page.getByLabel(/Possible AF: show a clinician/).selectOption("Change to Irregular");
    await page.getByLabel("Comment").fill("Noise, no AF.");
    await page.getByLabel("Signed: name").fill("Dr A. Weiss");
    await page.getByRole("button", { name: "Sign" }).click();
    await page.getByText("Read over by clinicians").waitFor();
    assert.deepEqual(posted(hub, "POST /api/recordings/r1/overreads"), {
      analysis: 1,
      findings: [{ verdict: "changed", episode: 0, rhythm: "other", from: 0, to: 20 * RATE }],
      comment: "Noise, no AF.",
      name: "Dr A. Weiss",
    });
    // The automatic finding stays where it was.
    await page.getByRole("button", { name: "0:00" }).waitFor();
    assert.ok(hub.authorizations.has(`Bearer ${TOKEN}`));
    for (const route of ["GET /api/status", "GET /api/devices", "GET /api/people", "GET /api/recordings"])
      assert.ok(!hub.asked.includes(route), route);
  });

  it("clinician: a link that has ended says so", async () => {
    const { page } = await clinician(({ refusals }) => refusals.set("GET /api/link", 401));
    await page.getByText("This link has expired or was ended.").waitFor();
    refusedOnPurpose();
  });

  it("viewer: sees, and is offered nothing that only an owner does", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recordings/r1", {}, ({ answers }) => {
      answers["GET /api/session"] = () => ({ role: "viewer", csrf: "00", demo: true });
    });
    await page.getByRole("button", { name: "Verify" }).waitFor();
    for (const name of ["Make the link", "CSV"])
      assert.equal(await page.getByRole("button", { name }).count(), 0, name);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: "True size" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Backup" }).count(), 0);
    assert.ok(!hub.asked.includes("GET /api/settings"));
  });

  it("settings, backups and the ledger say what the hub says", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/settings");
    await page.getByLabel("The hub's name").fill("attic");
    await page.getByText("Health data, in clear to whoever may read that broker.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Changed; in force once the hub is started anew.").waitFor();
    assert.deepEqual(posted(hub, "PUT /api/settings"), {
      name: "attic",
      homeAssistant: { discovery: true, values: true },
    });
    await page.getByRole("link", { name: "Backup" }).click();
    await page.getByText("The newest attempt failed: no answer from cellar").waitFor();
    await page.getByRole("button", { name: "Back up now" }).click();
    await settled(page);
    assert.deepEqual(posted(hub, "POST /api/backups"), { dir: "/media/stick/avnode" });
    await go(page, "#/egress");
    await page.getByText("Opened by a link · Dr Weiss · 192.0.2.7 · 3 times").waitFor();
    await page.getByText("Whoever has it can read it.").waitFor();
    await go(page, "#/people");
    await page.getByText("6 recordings · 2 Apr 1951").waitFor();
  });

  it("home: what runs full says so", async () => {
    const { page } = await rig.open(SHAPE, "", {}, ({ answers }) => {
      const status = answers["GET /api/status"]!;
      answers["GET /api/status"] = () => ({
        ...(status() as object),
        limits: [
          { what: "disk", level: "full", permille: 1000, at: 0, since: 0 },
          { what: "ring", level: "near", permille: 830, device: "00a1b2c3d4e5f607", at: 0, since: 0 },
          { what: "ring", level: "unknown", permille: 120, device: "0f", name: "Kitchen", at: 0, since: 0 },
          { what: "outbox", level: "ok", permille: 10, at: 0, since: 0 },
        ],
      });
    });
    await page.getByText("The hub's disk: full.").waitFor();
    await page.getByText(/Make room on the hub’s disk now: nothing is saved/).waitFor();
    await page.getByText("The memory of 00a1b2c3d4e5f607: 83% full.").waitFor();
    await page
      .getByText(/The memory of Kitchen: 12% full when it was heard last, .* Not known now\./)
      .waitFor();
    assert.equal(await page.getByText(/The outbox/).count(), 0);
  });
});

const go = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
