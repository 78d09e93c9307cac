import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DE } from "../../../gateway/words/de";
import { EN } from "../../../gateway/words/en";
import { FR } from "../../../gateway/words/fr";
import { type Key, LANGUAGES, Words } from "../../../gateway/words/words";

const GATEWAY = join(__dirname, "../../../gateway");
const TEXTS: Record<string, Record<string, string>> = { en: EN, de: DE, fr: FR };
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("words of documents", () => {
  it("are the same in every language, with the same values to fill in", () => {
    assert.deepEqual(Object.keys(TEXTS), LANGUAGES);
    for (const language of LANGUAGES) {
      const texts = TEXTS[language]!;
      assert.deepEqual(Object.keys(texts), Object.keys(EN), language);
      for (const [key, text] of Object.entries(texts)) {
        assert.notEqual(text.trim(), "", `${language} ${key}`);
        assert.deepEqual(holes(text), holes(EN[key as Key]), `${language} ${key}`);
      }
    }
  });

  it("are all used somewhere", () => {
    const sources = readdirSync(GATEWAY, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/^(words|web)\//.test(file))
      .map((file) => readFileSync(join(GATEWAY, file), "utf8"))
      .join("\n");
    const composed =
      /^(state|absence|unmeasurable|rhythm|finding|strip|verdict|signature|leads|gaps|beats)-(?!shown)/;
    const unused = Object.keys(EN).filter((key) => !composed.test(key) && !sources.includes(`"${key}"`));
    assert.deepEqual(unused, []);
  });

  it("call rhythms what the page calls them", () => {
    for (const language of LANGUAGES) {
      const file = join(GATEWAY, `web/page/messages/${language}.json`);
      const page = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
      for (const [key, text] of Object.entries(TEXTS[language]!)) {
        // The page is for whoever has the heart: it says "regular" for sinus.
        if (!key.startsWith("rhythm-") || key === "rhythm-sinus") continue;
        assert.equal(text.toLowerCase(), page[key]!.toLowerCase(), `${language} ${key}`);
      }
    }
  });

  it("name no illness as certain, and say that a program can err", () => {
    const illness = /\bAF\b|ventric|ventrik|fibrill|flimmern/i;
    for (const language of LANGUAGES)
      for (const [key, text] of Object.entries(TEXTS[language]!))
        if (illness.test(text)) assert.match(text, /\b(possible|possibles|mögliche|mögliches)\b/i, key);
    assert.match(EN["not-a-diagnosis"], /can err/);
    assert.match(DE["not-a-diagnosis"], /sich irren kann/);
    assert.match(FR["not-a-diagnosis"], /peut se tromper/);
    for (const { demo, simulated } of [EN, DE, FR])
      for (const text of [demo, simulated]) assert.match(text, /^D[EÉ]MO · SIMUL/);
  });

  it("write numbers with a comma where that is usual, and as they are", () => {
    assert.equal(new Words("en").number(1234.5, 2), "1234.50");
    for (const language of ["de", "fr"] as const)
      assert.equal(new Words(language).number(1234.5, 2), "1234,50");
    assert.equal(new Words("de").counted("gaps", 1), "1 Lücke");
    assert.equal(new Words("fr").counted("gaps", 3), "3 lacunes");
  });
});
