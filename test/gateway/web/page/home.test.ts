import { type FakeHub, RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const STRIP: Shape = { samples: 30 * RATE, leads: ["I"], state: "recording" };

describe("the page's Home, in a browser", function () {
  this.timeout(180_000);
  const { open, complaints } = withPage();

  /** @param agoMs of the newest sample that the rate is of */
  const beatsAt = ({ device, recording }: FakeHub, rate: number | undefined, agoMs = 3000) => {
    device.running = { recording: "r1", contact: true, heart: { at: recording.lastAt! - agoMs, rate } };
  };

  it("says the heart rate with its age, and none that is old or cannot be read", async () => {
    const { page, hub } = await open(STRIP, "", {}, (fake) => beatsAt(fake, 68.3));
    await page.locator(".heartrate").getByText("68 per minute").waitFor();
    await page
      .locator(".heartrate")
      .getByText(/^, \d s ago$/)
      .waitFor();
    await page.getByRole("status").getByText("Heart rate 68 per minute.").waitFor();
    beatsAt(hub, undefined);
    await page.getByText("No heart rate: the newest seconds cannot be read.").waitFor();
    await page.locator(".heartrate").waitFor({ state: "detached" });
    beatsAt(hub, 68.3, 60_000);
    await page.getByText("No heart rate now: nothing new has come from the handheld.").waitFor();
    await page.locator(".heartrate").waitFor({ state: "detached" });
  });

  it("tells whoever opens it later that nobody touches the electrodes, and when somebody does", async () => {
    const { page, hub } = await open(STRIP, "", {}, ({ device }) => {
      device.running = { recording: "r1", contact: false };
    });
    await page.getByRole("status").getByText("No contact. Moisten your fingers").waitFor();
    await page.getByText("No heart rate: no contact.").waitFor();
    beatsAt(hub, 72);
    await page.getByText("Rest your arms, breathe calmly, do not speak.").waitFor();
    await page.locator(".heartrate").getByText("72 per minute").waitFor();
  });

  it("shows whichever of several handhelds is chosen, one without a name by its first digits", async () => {
    const { page } = await open(STRIP, "", {}, (fake) => {
      const other = { ...fake.device, id: "5a6b7c8d9e0f1a2b", name: undefined };
      fake.answers["GET /api/devices"] = () => ({ devices: [fake.device, other] });
    });
    await page.getByRole("heading", { name: "Live · Anna's handheld" }).waitFor();
    await page.getByRole("button", { name: "5a6b7c8d", exact: true }).click();
    await page.getByRole("heading", { name: "Live · 5a6b7c8d", exact: true }).waitFor();
    await page.getByRole("button", { name: "Anna's handheld" }).click();
    await page.getByRole("heading", { name: "Live · Anna's handheld" }).waitFor();
  });

  it("leads to the login once the session has ended, and back to where one was", async () => {
    const { page, hub } = await open({ ...STRIP, state: "closed" }, "#/recordings/r1");
    await page.getByRole("application").waitFor();
    hub.answers["POST /api/login"] = () => ({ role: "owner", csrf: "01", demo: true });
    for (const route of ["GET /api/recordings/r1", "POST /api/recordings/r1/verify"]) {
      hub.refusals.set(route, 401);
      hub.problems.set(route, "ACCESS_SESSION");
    }
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("Your session has ended. Log in again").waitFor();
    await page.getByText("DEMO: simulated, not your heart").waitFor();
    hub.refusals.clear();
    await page.getByLabel("Password").fill("x");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("application").waitFor();
    complaints.length = 0;
  });

  it("says DEMO from the first screen on, whatever else fails", async () => {
    const { page } = await open(STRIP, "", {}, ({ refusals }) => {
      refusals.set("GET /api/status", 503);
      refusals.set("GET /api/devices", 503);
    });
    await page.getByText("The hub does not answer.").waitFor();
    await page.getByText("DEMO: simulated, not your heart").waitFor();
    complaints.length = 0;
  });
});
