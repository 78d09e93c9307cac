import assert from "node:assert/strict";
import { Messages } from "../../../../../gateway/web/page/messages/messages";
import { wrongWords } from "../../../../../gateway/web/page/parts/wrong";

describe("page: what is over again", () => {
  const REASON = "ENOSPC: no space left on device, write";
  const NAME = "Anna: bedroom";

  for (const [language, store, silent] of [
    [
      "en",
      `Over again: The store cannot be written (${REASON})`,
      `Over again: Nothing was heard of handheld ${NAME} for 24 hours`,
    ],
    [
      "de",
      `Wieder vorbei: Der Speicher des Hubs kann nicht beschrieben werden (${REASON})`,
      `Wieder vorbei: Vom Handgerät ${NAME} war 24 Stunden lang nichts zu hören`,
    ],
    [
      "fr",
      `De nouveau en ordre : Rien ne peut être écrit sur le hub (${REASON})`,
      `De nouveau en ordre : Aucune nouvelle de l’appareil ${NAME} depuis 24 heures`,
    ],
  ] as const)
    it(`is told without what to do, with names and reasons that hold a colon, in ${language}`, () => {
      const messages = new Messages(language, language);
      // French sets no-break spaces before its colons.
      const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
      assert.deepEqual(
        [
          wrongWords("", { code: "store", values: { reason: REASON }, over: true }, messages),
          wrongWords("", { code: "silent", values: { name: NAME, hours: 24 }, over: true }, messages),
        ].map(plain),
        [store, silent],
      );
    });
});
