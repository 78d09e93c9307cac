import assert from "node:assert/strict";
import { type FakeHub, NOW, RATE, type Shape } from "./fakehub";
import { alertsOf } from "./household";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const posted = (hub: FakeHub, route: string) => JSON.parse(hub.bodies.get(route)!.toString());

describe("who is told what is wrong", function () {
  this.timeout(120_000);
  const rig = withPage();

  /** A section by its heading. */
  const open = async (prepare?: (hub: FakeHub) => void) => {
    const { page, hub } = await rig.open(SHAPE, "#/alerts", {}, prepare);
    const section = (name: string) => page.locator("section", { has: page.getByRole("heading", { name }) });
    const asked = async (route: string) => {
      while (!hub.asked.includes(route)) await page.evaluate("0");
    };
    return { page, hub, section, asked };
  };

  it("is named with an address that nobody reads again, and is told of no finding at first", async () => {
    const { hub, section, asked } = await open();
    const form = section("Add somebody");
    await form.getByLabel("Address (https://…)").fill("https://ntfy.example/geheim");
    const token = form.getByLabel("Token (optional)");
    assert.equal(await token.getAttribute("type"), "password");
    await token.fill("tk_1");
    await form.getByRole("button", { name: "Add somebody" }).click();
    await asked("POST /api/alerts/ways");
    assert.deepEqual(posted(hub, "POST /api/alerts/ways"), {
      way: { kind: "ntfy", url: "https://ntfy.example/geheim", token: "tk_1" },
      tells: ["hub", "handheld", "delivery"],
    });
    await form.getByLabel("Address (https://…)").and(form.locator(":invalid")).waitFor();
    assert.equal(await token.inputValue(), "");
  });

  it("gets mail by a server that is asked for", async () => {
    const { hub, section, asked } = await open();
    const form = section("Add somebody");
    await form.getByLabel("By which way").selectOption("mail");
    await form.getByLabel("Mail address of who is told").fill("karl@home.example");
    await form.getByLabel("Your mail address").fill("hub@home.example");
    await form.getByLabel("Server", { exact: true }).fill("mail.home.example");
    await form.getByLabel("Encryption").selectOption("starttls");
    await form.getByRole("button", { name: "Add somebody" }).click();
    await asked("POST /api/alerts/ways");
    assert.deepEqual(posted(hub, "POST /api/alerts/ways").way, {
      ...{ kind: "mail", to: "karl@home.example", from: "hub@home.example", security: "starttls" },
      ...{ host: "mail.home.example", port: 587 },
    });
  });

  it("hears of what is chosen, with what a finding means, and what was told is seen", async () => {
    const { page, hub, asked } = await open();
    const ntfy = page.locator("li", { has: page.getByRole("heading", { name: "ntfy · ntfy.example" }) });
    const mail = page.locator("li", { has: page.getByRole("heading", { name: "Mail · karl@" }) });
    await ntfy.getByText("no emergency call, and no diagnosis").waitFor();
    await ntfy.getByText("Accepted 14:01").waitFor();
    await ntfy.getByText("the disk is 81 % full: make room · over again: no adapter").waitFor();
    await mail.getByText("Waits; next at 14:03 · mail.example:465: ETIMEDOUT").waitFor();
    await ntfy.getByRole("button", { name: "Possible AF", pressed: true }).click();
    await asked("PUT /api/alerts/ways/1/tells");
    assert.deepEqual(posted(hub, "PUT /api/alerts/ways/1/tells"), { tells: ["hub", "handheld"] });
    await ntfy.getByRole("button", { name: "Send a test" }).click();
    await ntfy.getByText("Accepted. Whether it was read, the hub cannot know.").waitFor();
    await mail.getByRole("button", { name: "Send a test" }).click();
    await mail.getByText("Not accepted: 535 wrong password").waitFor();
    await ntfy.getByRole("button", { name: "Take off" }).click();
    await asked("DELETE /api/alerts/ways/1");
  });

  const RING = { code: "limit", values: { what: "ring", level: "near", permille: 812, name: "Küche" } };
  const SAID = [
    RING,
    { ...RING, over: true },
    { code: "silent", values: { name: "Küche", hours: 24 } },
    { code: "no-adapter", over: true },
    { code: "finding" },
    {},
  ];
  for (const [locale, ...words] of [
    [
      ...[
        "de-DE",
        "Der Speicher von Küche: zu 81 % voll. Lassen Sie es nahe am Hub, bis es übergeben hat, was es hält.",
      ],
      ...["Wieder vorbei: Der Speicher von Küche: zu 81 % voll."],
      "Vom Handgerät Küche war 24 Stunden lang nichts zu hören: Sehen Sie nach, ob es geladen und nahe am Hub ist.",
      ...["Wieder vorbei: Kein Bluetooth-Adapter ist da"],
      ...["Mögliches Vorhofflimmern in einer Aufzeichnung: einem Arzt zeigen.", "adapter hci1: run x"],
    ],
    [
      ...[
        "fr-FR",
        "La mémoire de Küche : plein à 81 %. Laissez-le près du hub jusqu’à ce qu’il ait remis ce qu’il garde.",
      ],
      ...["De nouveau en ordre : La mémoire de Küche : plein à 81 %."],
      "Aucune nouvelle de l’appareil Küche depuis 24 heures : voyez s’il est chargé et près du hub.",
      ...["De nouveau en ordre : Aucun adaptateur Bluetooth n’est là"],
      "Possible fibrillation auriculaire dans un enregistrement : à montrer à un médecin.",
      "adapter hci1: run x",
    ],
  ])
    it(`reads what was told, and Home what is wrong, in the page's language, in ${locale}`, async () => {
      const lines = SAID.map((_, n) => (n < 5 ? `English ${n}` : "adapter hci1: run x"));
      const { page } = await rig.open(SHAPE, "#/alerts", { locale }, ({ answers }) => {
        const state = alertsOf(NOW);
        const messages = [{ way: 1, state: "accepted", at: NOW, lines, said: SAID }];
        answers["GET /api/alerts"] = () => ({ ...state, messages });
        const status = answers["GET /api/status"]!() as object;
        answers["GET /api/status"] = () => ({
          ...status,
          problems: [lines[2], lines[5]],
          said: [SAID[2], SAID[5]],
        });
      });
      // Browsers set what spaces there are before a percent sign as they like.
      const plain = (text: string | null) => text!.replace(/[\u00a0\u202f]/g, " ");
      const told = page.locator("ul.ledger li span:last-child").first();
      await told.waitFor();
      assert.equal(plain(await told.textContent()), words.join(" · "));
      await page.goto(page.url().replace(/#.*/, "#/"));
      for (const one of [words[2]!, words[5]!]) await page.getByText(one).waitFor();
    });

  it("is not woken in quiet hours, whose zone is this browser's where none was said", async () => {
    const { hub, section, asked, page } = await open(({ answers }) => {
      const state = alertsOf(0);
      answers["GET /api/alerts"] = () => ({
        ...state,
        times: { gatherMinutes: 5, silentHours: 24 },
        paused: true,
      });
    });
    await page.getByText("This hub came out of a backup: nobody is told anything").waitFor();
    const form = section("When");
    assert.equal(await form.getByLabel("Time zone").count(), 0);
    await form.getByLabel("Quiet from").fill("21:30");
    await form.getByLabel("Quiet until").fill("08:00");
    const zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone");
    assert.equal(await form.getByLabel("Time zone").inputValue(), zone);
    await form.getByLabel("Time zone").fill("Europe/Paris");
    await form.getByLabel("Gather for (minutes)").fill("15");
    await form.getByRole("button", { name: "Save" }).click();
    await asked("PUT /api/alerts/times");
    assert.deepEqual(posted(hub, "PUT /api/alerts/times"), {
      quiet: { from: "21:30", to: "08:00", timeZone: "Europe/Paris" },
      ...{ gatherMinutes: 15, silentHours: 24 },
    });
  });

  it("has a watcher elsewhere that is tried, taken off and named", async () => {
    let watcher: object | undefined = alertsOf(0).watcher;
    const { hub, section, asked } = await open(({ answers }) => {
      answers["GET /api/alerts"] = () => ({ ...alertsOf(NOW), watcher: watcher && alertsOf(NOW).watcher });
    });
    const card = section("Watcher elsewhere");
    await card.getByText("watch.example: heard at 14:01 that all is well").waitFor();
    await card.getByRole("button", { name: "Ping now" }).click();
    await card.getByText("Not accepted: the hub is not well").waitFor();
    watcher = undefined;
    await card.getByRole("button", { name: "Take off" }).click();
    await asked("PUT /api/alerts/watcher");
    assert.deepEqual(posted(hub, "PUT /api/alerts/watcher"), {});
    await card.getByLabel("Address (https://…)").fill("https://watch.example/geheim");
    hub.bodies.delete("PUT /api/alerts/watcher");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByLabel("Address (https://…)").and(card.locator(":invalid")).waitFor();
    assert.deepEqual(posted(hub, "PUT /api/alerts/watcher"), { url: "https://watch.example/geheim" });
  });
});
