import assert from "node:assert/strict";
import { type FakeHub, RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const posted = (hub: FakeHub, route: string) => JSON.parse(hub.bodies.get(route)!.toString());

describe("to whom recordings go", function () {
  this.timeout(120_000);
  const rig = withPage();

  it("a mailbox is added with whose consent, and its secret is typed where nobody reads it", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recipients");
    const form = page.locator("form");
    await form.getByLabel("Name", { exact: true }).fill("Dr Kern");
    await form.getByLabel("Doctor's mail address").fill("kern@practice.example");
    await form.getByLabel("Your mail address").fill("anna@home.example");
    await form.getByLabel("Server", { exact: true }).fill("mail.home.example");
    await form.getByLabel("Encryption").selectOption("starttls");
    assert.equal(await form.getByLabel("Port").inputValue(), "587");
    await form.getByLabel(/^User name there/).fill("anna");
    const secret = form.getByLabel("Password (optional)");
    assert.equal(await secret.getAttribute("type"), "password");
    await secret.fill("correct horse");
    await form.getByLabel("Goes there").selectOption("af");
    await form.getByText("may be sent to Dr Kern by this hub").waitFor();
    await form.getByLabel("Who agrees").fill("Anna Weiss");
    await form.getByRole("button", { name: "Agree and add" }).click();
    await form.getByLabel("Name", { exact: true }).and(page.locator(":invalid")).waitFor();
    const { consent, ...rest } = posted(hub, "POST /api/recipients");
    assert.deepEqual(rest, {
      name: "Dr Kern",
      way: {
        ...{ kind: "mail", host: "mail.home.example", port: 587, to: "kern@practice.example" },
        ...{ from: "anna@home.example", security: "starttls", user: "anna", password: "correct horse" },
        language: "en",
        answers: "form",
      },
      rule: "af",
    });
    assert.equal(consent.who, "Anna Weiss");
    assert.match(consent.text, /Dr Kern.*cannot be taken back.*A form goes along/);
    assert.equal(await secret.inputValue(), "");
  });

  it("an archive, a server and a folder ask for what each of them needs", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recipients");
    const form = page.locator("form");
    const add = async (fields: Record<string, string>) => {
      for (const [label, value] of Object.entries(fields))
        await form.getByLabel(label, { exact: true }).fill(value);
      await form.getByLabel("Name", { exact: true }).fill("X");
      await form.getByLabel("Who agrees").fill("Anna");
      hub.bodies.delete("POST /api/recipients");
      await form.getByRole("button", { name: "Agree and add" }).click();
      while (!hub.bodies.has("POST /api/recipients")) await page.evaluate("0");
      await form.getByLabel("Name", { exact: true }).and(page.locator(":invalid")).waitFor();
      const { language, ...way } = posted(hub, "POST /api/recipients").way;
      assert.equal(language, "en");
      return way;
    };
    await form.getByLabel("By which way").selectOption("folder");
    assert.deepEqual(await add({ "Folder on the hub": "/mnt/nas" }), {
      ...{ kind: "folder", dir: "/mnt/nas", answers: "form" },
    });
    await form.getByLabel("By which way").selectOption("dicom");
    assert.deepEqual(await add({ Server: "pacs", Port: "104", "AE title of the archive": "ARCHIVE" }), {
      ...{ kind: "dicom", host: "pacs", port: 104, aeTitle: "ARCHIVE", callingAeTitle: "AVNODE", tls: {} },
    });
    await form.getByLabel("By which way").selectOption("fhir");
    assert.deepEqual(await add({ Address: "https://fhir.example/r4" }), {
      kind: "fhir",
      url: "https://fhir.example/r4",
    });
  });

  it("tells what each is, tries it, changes when something goes, and takes it off", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recipients");
    const mailbox = page.locator("li", { has: page.getByRole("heading", { name: "Dr Lang" }) });
    const folder = page.locator("li", { has: page.getByRole("heading", { name: "NAS" }) });
    await mailbox.getByText("Encrypted on its way to the next server.").waitFor();
    await mailbox.getByText("Agreed by Anna Weiss, 27 Nov 2026, 14:02").waitFor();
    await folder.getByText("This hub came out of a backup").waitFor();
    await mailbox.getByRole("button", { name: "Send a test" }).click();
    await mailbox.getByText("Accepted. Whether it was read, the hub cannot know.").waitFor();
    await folder.getByRole("button", { name: "Send a test" }).click();
    await folder.getByText("Not accepted: /mnt/nas is not there").waitFor();
    await mailbox.getByLabel("Goes there").selectOption("every");
    while (!hub.bodies.has("PUT /api/recipients/1/rule")) await page.evaluate("0");
    assert.deepEqual(posted(hub, "PUT /api/recipients/1/rule"), {
      rule: "every",
      consent: { who: "Anna Weiss", text: "May be sent." },
    });
    await mailbox.getByRole("button", { name: "Take off" }).click();
    while (!hub.asked.includes("DELETE /api/recipients/1")) await page.evaluate("0");
  });

  it("says of what leaves no more than is known, takes back what waits, and hears of a mail that came back", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recipients");
    await page.getByText("Waits since 14:01 · 2 attempts · next try 14:06 · no network").waitFor();
    await page.getByText("Refused 14:01 · 550 no such mailbox").waitFor();
    await page.getByText("Accepted 14:01", { exact: true }).waitFor();
    assert.equal(await page.getByText(/\bsent\b/).count(), 1, "in the consent alone");
    await page.getByRole("button", { name: "Take back" }).click();
    while (!hub.asked.includes("DELETE /api/deliveries/3")) await page.evaluate("0");
    await page.getByRole("button", { name: "It came back" }).click();
    while (!hub.asked.includes("POST /api/deliveries/1/return")) await page.evaluate("0");
  });

  it("a recording is put into the outbox for somebody, once it is somebody's", async () => {
    const { page, hub } = await rig.open(SHAPE, "#/recordings/r1");
    await page.getByRole("heading", { name: "Send it" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Send to Dr Lang" }).count(), 0);
    await page.getByLabel("Belongs to").selectOption({ label: "Anna Weiss" });
    await page.getByRole("button", { name: "Send to Dr Lang" }).click();
    while (!hub.bodies.has("POST /api/recordings/r1/deliveries")) await page.evaluate("0");
    assert.deepEqual(posted(hub, "POST /api/recordings/r1/deliveries"), { recipient: 1 });
    await page.getByText("Accepted 14:01", { exact: true }).waitFor();
  });

  it("Home and the recording's way say what became of it, to its owner alone", async () => {
    const { page } = await rig.open(SHAPE, "");
    await page.locator(".sentence", { hasText: "Mail · Dr Lang: Waits since 14:01." }).waitFor();
    await page.getByText("Where is my recording?").first().click();
    await page.locator(".way").getByText("Mail · Dr Lang: Waits since 14:01", { exact: true }).waitFor();
    const viewer = await rig.open(SHAPE, "", {}, ({ answers }) => {
      answers["GET /api/session"] = () => ({ role: "viewer", csrf: "00", demo: true });
    });
    await viewer.page.getByText("Saved 14:02").waitFor();
    assert.ok(!viewer.hub.asked.includes("GET /api/deliveries"));
  });
});
