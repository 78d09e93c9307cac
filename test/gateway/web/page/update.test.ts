import assert from "node:assert/strict";
import type { DeviceUpdate } from "../../../../gateway/schema/updates";
import { RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const GOING = { version: "0.2.0", share: 0, whenReady: false };

describe("the page: an update of a handheld", function () {
  this.timeout(180_000);
  const rig = withPage();

  it("is offered with its maker's words, sent, restarted for, and told in words at every step", async () => {
    let now: DeviceUpdate = { newest: { version: "0.2.0", notes: "Counts better.\nHolds longer." } };
    const { page, hub } = await rig.open(SHAPE, "", {}, ({ answers, device: { id } }) => {
      answers[`GET /api/devices/${id}/update`] = () => now;
      for (const what of ["start", "swap", "cancel"])
        answers[`POST /api/devices/${id}/update/${what}`] = () => ({});
    });
    const route = (what: string) => `POST /api/devices/${hub.device.id}/update/${what}`;
    const asked = (what: string) => JSON.parse(hub.bodies.get(route(what))!.toString());
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await page.getByText("Version 0.2.0 is there.").waitFor();
    await page.getByText("What is new").click();
    await page.getByText("Holds longer.").waitFor();
    await press("Install");
    now = { ...now, update: { ...GOING, state: "taking", share: 0.43 } };
    await page.getByText("Version 0.2.0 is being sent: 43%.").waitFor();
    const bar = page.getByRole("progressbar");
    assert.equal(await bar.getAttribute("value"), "0.43");
    assert.deepEqual(asked("start"), { whenReady: false });
    now = { ...now, update: { ...GOING, state: "ready", share: 1 } };
    await press("Restart now");
    now = { ...now, update: { ...GOING, state: "ready", share: 1, refused: "recording" } };
    await page.getByText("Not while it records: end the recording first.").waitFor();
    assert.deepEqual(asked("swap"), { whenReady: false });
    await press("Restart as soon as it can");
    now = { update: { ...GOING, state: "installed", share: 1 } };
    await page.getByText("Version 0.2.0 is installed.").waitFor();
    assert.deepEqual(asked("swap"), { whenReady: true });
    assert.equal(await page.getByRole("button", { name: "Install", exact: true }).count(), 0);
  });

  it("is cancelled by its owner, and offered again where it did not work", async () => {
    let now: DeviceUpdate = { update: { ...GOING, state: "waiting" } };
    const { page, hub } = await rig.open(SHAPE, "", {}, ({ answers, device: { id } }) => {
      answers[`GET /api/devices/${id}/update`] = () => now;
      answers[`POST /api/devices/${id}/update/cancel`] = () => ({});
    });
    await page.getByText("near the hub it first checks").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    now = { newest: { version: "0.2.0", notes: "" }, update: { ...GOING, state: "back", share: 1 } };
    await page.getByText("went back by itself").waitFor();
    await page.getByRole("button", { name: "Install", exact: true }).waitFor();
    assert.ok(hub.asked.includes(`POST /api/devices/${hub.device.id}/update/cancel`));
  });

  it("comes as a file, which the hub takes or refuses in the reader's words", async () => {
    const settings = { settings: {}, file: "avnode.yaml", writable: true, pending: false };
    const { page, hub } = await rig.open(SHAPE, "#/settings", {}, ({ answers }) => {
      answers["GET /api/settings"] = () => settings;
      answers["POST /api/releases"] = () => ({ version: "0.2.0", board: "xiaoble" });
    });
    const buffer = Buffer.from("a release");
    await page.getByLabel("Release file").setInputFiles({
      ...{ name: "v2.avnode-release", mimeType: "application/octet-stream", buffer },
    });
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByText("Version 0.2.0 is here.").waitFor();
    assert.deepEqual(hub.bodies.get("POST /api/releases"), buffer);
    hub.refusals.set("POST /api/releases", 409);
    hub.problems.set("POST /api/releases", "UPDATE_MAKER");
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByText("The file is of a maker that this hub does not know.").waitFor();
    rig.complaints.length = 0;
  });
});
