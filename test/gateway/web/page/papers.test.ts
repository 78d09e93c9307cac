import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MAX_PAPERS_BYTES } from "../../../../gateway/schema/claims";
import { RATE, type Shape } from "./fakehub";
import { withPage } from "./pagerig";

const SHAPE: Shape = { samples: 30 * RATE, leads: ["I"] };
const ROUTE = "POST /api/papers";
const DEVICE = "00112233445566aa";
/** Field, button, what is said once they are kept, of what is none, of a maker that is not believed; as a reader has them. */
const WORDS = {
  "en-GB": [
    ...["Papers (.dossier)", "Keep them", `The papers of handheld ${DEVICE} are kept.`],
    ...["This file holds no papers of a handheld.", "No maker that this hub believes signed these papers"],
  ],
  "de-DE": [
    ...["Papiere (.dossier)", "Aufbewahren", `Die Papiere des Handgeräts ${DEVICE} sind aufbewahrt.`],
    ...["Diese Datei enthält keine Papiere eines Handgeräts.", "Kein Hersteller, dem dieser Hub glaubt"],
  ],
  "fr-FR": [
    ...["Papiers (.dossier)", "Les conserver", `Les papiers de l’appareil ${DEVICE} sont conservés.`],
    ...["Ce fichier ne contient pas les papiers d’un appareil.", "Aucun fabricant reconnu par ce hub"],
  ],
};

describe("a handheld's papers, in a browser", function () {
  this.timeout(180_000);
  const rig = withPage();

  for (const [locale, [field, button, kept, none, unknown]] of Object.entries(WORDS))
    it(`are sent from the page of a claim as the file they are, or refused in words, in ${locale}`, async () => {
      const { page, hub } = await rig.open(SHAPE, "#/claim", { locale }, ({ answers }) => {
        answers[ROUTE] = () => ({ device: DEVICE });
      });
      const choose = (buffer: Buffer) =>
        page
          .getByLabel(field!)
          .setInputFiles({ name: "a.dossier", mimeType: "application/octet-stream", buffer });
      const give = async (buffer: Buffer, said: string) => {
        await choose(buffer);
        await page.getByRole("button", { name: button, exact: true }).click();
        await page.getByText(said).waitFor();
      };
      await give(Buffer.alloc(MAX_PAPERS_BYTES + 1), none!);
      assert.equal(hub.asked.includes(ROUTE), false, "what is too large was sent");
      const papers = Buffer.from("as its maker made them");
      await give(papers, kept!);
      assert.deepEqual(hub.bodies.get(ROUTE), papers);
      await refuse(page, 400, "WEB_PAPERS", none!);
      await refuse(page, 409, "STORE_CERTIFICATE", unknown!);
      rig.complaints.length = 0;

      async function refuse(page: Page, status: number, code: string, said: string): Promise<void> {
        hub.refusals.set(ROUTE, status);
        hub.problems.set(ROUTE, code);
        await page.getByRole("button", { name: button, exact: true }).click();
        await page.getByText(said).waitFor();
      }
    });
});
