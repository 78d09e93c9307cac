import assert from "node:assert/strict";
import { PIECE_BYTES } from "../../../../gateway/schema/adoptions";
import type { OverRead } from "../../../../gateway/schema/overreads";
import type { ListedRecording } from "../../../../gateway/schema/recordings";
import { type FakeHub, RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const UPLOAD = "0123456789abcdef0123456789abcdef";
const FILE = Buffer.alloc(PIECE_BYTES + 7, "ecg");

describe("the page: an old recording", function () {
  this.timeout(180_000);
  const rig = withPage();

  const taking =
    (outcome: object) =>
    ({ answers }: Pick<FakeHub, "answers">) => {
      answers["POST /api/adoptions/pieces"] = () => ({ upload: UPLOAD });
      answers["POST /api/adoptions"] = () => ({ adoption: 4 });
      answers["GET /api/adoptions/4"] = () => outcome;
    };

  async function add(outcome: object) {
    const { page, hub } = await rig.open(SHAPE, "#/recordings", {}, taking(outcome));
    await page.getByRole("link", { name: "Add an old recording" }).click();
    await page.getByLabel("File").setInputFiles({
      ...{ name: "old.edf", mimeType: "application/octet-stream", buffer: FILE },
    });
    await page.getByLabel("Belongs to").selectOption("Anna Weiss");
    await page.getByRole("button", { name: "Add an old recording" }).click();
    return { page, hub };
  }

  it("goes to the hub in pieces, with whose it is, and leads to what became of it", async () => {
    const { page, hub } = await add({
      ...{ state: "adopted", recording: "r1", known: false, zoneAssumed: true },
      left: ["annotations in 3 records"],
    });
    await page.getByText("It is in.").waitFor();
    await page.getByText("Left in the file: annotations in 3 records").waitFor();
    await page.getByText("The file names no time zone").waitFor();
    assert.equal(hub.asked.filter((route) => route === "POST /api/adoptions/pieces").length, 2);
    assert.deepEqual(hub.bodies.get("POST /api/adoptions/pieces"), FILE.subarray(PIECE_BYTES));
    assert.deepEqual(JSON.parse(hub.bodies.get("POST /api/adoptions")!.toString()), {
      upload: UPLOAD,
      person: 1,
    });
    await page.getByRole("link", { name: "Look at it" }).click();
    assert.match(page.url(), /#\/recordings\/r1$/);
  });

  it("may be an answer on a form: by whom, and beside the recording that it came so", async () => {
    const { page, hub } = await add({
      state: "adopted",
      recording: "r1",
      known: false,
      answeredBy: "Dr Kern",
    });
    await page.getByText("An answer on a form, by Dr Kern, as they wrote it.").waitFor();
    const read = {
      ...{ number: 1, at: 0, name: "Dr Kern", comment: "Seen.", findings: [] },
      form: { id: "x" },
    };
    const overRead: OverRead = { ...read, logged: { log: 1, index: 1 } };
    hub.answers["GET /api/recordings/r1/overreads"] = () => ({ overReads: [overRead] });
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.getByText("· on a form").waitFor();
  });

  it("is refused in the reader's words, and in the hub's where the page has none", async () => {
    const { page, hub } = await add({ state: "refused", code: "EDF_VERSION", message: "no" });
    await page.getByText("This is no EDF+, BDF+ or DICOM file.").waitFor();
    hub.answers["GET /api/adoptions/4"] = () => ({
      ...{ state: "refused", code: "EDF_RATE", message: "7 samples in 3 seconds" },
    });
    await page.getByRole("button", { name: "Add an old recording" }).click();
    await page.getByText("That did not work: 7 samples in 3 seconds").waitFor();
  });

  it("bears its mark in the list and over its paper", async () => {
    const mark = ({ answers }: Pick<FakeHub, "answers">) => {
      const of = answers["GET /api/recordings/r1"]!;
      const adopted = () => ({ ...(of() as ListedRecording), simulated: false, adopted: true });
      answers["GET /api/recordings/r1"] = adopted;
      answers["GET /api/recordings"] = () => ({ recordings: [adopted()] });
      answers["GET /api/recordings/r1/proof"] = () => ({ signature: "adopted" });
    };
    const { page } = await rig.open(SHAPE, "#/recordings", {}, mark);
    await page.getByRole("listitem").getByText("ADOPTED", { exact: true }).waitFor();
    await page.getByRole("listitem").getByText("Adopted, signed by no handheld").waitFor();
    await page.goto(`${page.url().split("#")[0]}#/recordings/r1`);
    await page.getByRole("heading").getByText("ADOPTED", { exact: true }).waitFor();
    await page.getByText(/ADOPTED · .*mm\/s/).waitFor();
    await page.goto(`${page.url().split("#")[0]}#/print/r1`);
    await page.getByText("Adopted: this is what was taken over from a file.").first().waitFor();
  });
});
