import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findingText, rhythmText } from "../../../../gateway/findings/words";
import { BY_WEIGHT } from "../../../../gateway/schema/byweight";
import type { Recording } from "../../../../gateway/schema/recordings";
import { ApiError } from "../../../../gateway/web/page/api/client";
import { languageFor, Messages } from "../../../../gateway/web/page/messages/messages";
import { problemWords } from "../../../../gateway/web/page/parts/problem";
import { headlineWords, nameOf } from "../../../../gateway/web/page/parts/rhythm";
import { addressOf, routeOf } from "../../../../gateway/web/page/route";
import { sentenceOf } from "../../../../gateway/web/page/screens/sentence";

const PAGE = join(__dirname, "../../../../gateway/web/page");
const LANGUAGES = ["en", "de", "fr"] as const;
const textsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(PAGE, "messages", `${language}.json`), "utf8"));
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("page: messages", () => {
  it("are the same in every language, with the same values to fill in", () => {
    const english = textsOf("en");
    for (const language of LANGUAGES) {
      const texts = textsOf(language);
      assert.deepEqual(Object.keys(texts), Object.keys(english), language);
      for (const [key, text] of Object.entries(texts)) {
        assert.notEqual(text.trim(), "", `${language} ${key}`);
        assert.deepEqual(holes(text), holes(english[key]!), `${language} ${key}`);
      }
    }
  });

  it("are all used somewhere", () => {
    const sources = readdirSync(PAGE, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => readFileSync(join(PAGE, file), "utf8"))
      .join("\n");
    // Composed ones: of a recording, an episode, a beat, a claim, a step and so on; and what a handheld does.
    const composed =
      /^((state|mark|rhythm|class|gap|proof|step|claim|near|left|holds|verdict|limit|refusal|heart|way|rule|security|delivery|tells|update|wrong)-|idle$|recording$|sending$)/;
    const unused = Object.keys(textsOf("en")).filter(
      (key) => !composed.test(key) && !sources.includes(`"${key}"`),
    );
    assert.deepEqual(unused, []);
  });

  it("say what a hub's refusal means, by codes that it has", () => {
    const gateway = join(__dirname, "../../../../gateway");
    const sources = readdirSync(gateway, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(gateway, file), "utf8"))
      .join("\n");
    const codes = Object.keys(textsOf("en")).flatMap((key) => /^refusal-(.*)/.exec(key)?.[1] ?? []);
    // Those of a claim code are put together from the kind of code and what is wrong.
    const isMade = (code: string) => sources.includes(`"${code}"`) || code.startsWith("CLAIM_CODE_");
    assert.deepEqual(
      codes.filter((code) => !isMade(code)),
      [],
    );
    const german = new Messages("de", "de-DE");
    const refused = new ApiError(401, "ACCESS_LOGIN", "the password is wrong");
    assert.equal(problemWords(refused, german), "Das Passwort stimmt nicht.");
    assert.equal(
      problemWords(new ApiError(400, "WEB_NEVER_HEARD", "no such thing"), german),
      "Das ging nicht: no such thing",
    );
    assert.match(problemWords(new TypeError("fetch failed"), german), /Hub/);
  });

  it("follow the reader's languages, best first, and English else", () => {
    assert.deepEqual(languageFor(["it", "fr-CH", "en"]), { language: "fr", locale: "fr-CH" });
    assert.deepEqual(languageFor(["constructor", "xx"]), { language: "en", locale: "en-GB" });
  });

  it("have numbers, times and lengths as are usual there", () => {
    const now = Date.UTC(2026, 10, 28, 14, 2);
    const german = new Messages("de", "de-DE", () => now);
    assert.equal(german.number(1234.56), "1.234,6");
    assert.equal(german.percent(0.5).replace("\u00a0", " "), "50 %");
    assert.equal(german.duration(86_399), "23 h 59 min");
    assert.equal(german.duration(59.6), "1 min 0 s");
    assert.equal(german.position(3_723.9), "1:02:03");
    assert.match(german.time(now - 86_400_000), /27\.11\.2026/);
    assert.doesNotMatch(german.time(now), /2026/);
  });

  it("an address names a screen, and nonsense is at home", () => {
    assert.deepEqual(routeOf(""), { screen: "home" });
    assert.deepEqual(routeOf("#/recordings/"), { screen: "recordings" });
    assert.deepEqual(routeOf("#/recordings/..%2f..%2fetc"), { screen: "recordings" });
    assert.deepEqual(routeOf("#/nonsense"), { screen: "home" });
    assert.deepEqual(routeOf("#/print/abc/-3"), { screen: "print", id: "abc" });
    for (const route of [
      { screen: "recording", id: "abc" },
      { screen: "print", id: "abc" },
      { screen: "print", id: "abc", from: 0 },
      { screen: "print", id: "abc", from: 21_600_000 },
      { screen: "ruler" },
      { screen: "home" },
    ] as const)
      assert.deepEqual(routeOf(addressOf(route)), route);
  });
});

describe("page: findings", () => {
  const messages = new Messages("en", "en-GB");
  const headline = { episodes: 1, confidence: 0.5, ended: true };

  it("have the words that terminals have, but for what is regular", () => {
    for (const rhythm of BY_WEIGHT)
      if (rhythm !== "sinus")
        assert.equal(
          nameOf(rhythm, messages).replace(/^[A-Z](?!F)/, (c) => c.toLowerCase()),
          rhythmText(rhythm),
        );
  });

  it("send to a clinician exactly where terminals do", () => {
    for (const rhythm of BY_WEIGHT) {
      if (rhythm === "sinus" || rhythm === "unreadable") continue;
      const finding = { rhythm, from: 0, to: 1000, confidence: 0.5, rate: 60, evidence: { from: 0, to: 1 } };
      assert.equal(
        /show a clinician/.test(headlineWords({ ...headline, rhythm }, messages).finding),
        /show a clinician/.test(findingText(finding, 250)),
        rhythm,
      );
    }
  });

  it("never name an illness as certain, in any language", () => {
    for (const language of LANGUAGES) {
      const words = textsOf(language);
      assert.match(words["rhythm-af"]!, /^(Possible|Mögliches) /);
      assert.match(words["rhythm-vrun"]!, /^(Possible|Mögliche|Possibles) /);
    }
  });
});

describe("page: the sentence", () => {
  const now = Date.UTC(2026, 10, 28, 14, 2);
  const messages = new Messages("en", "en-GB", () => now);
  const closed = {
    id: "r",
    form: { rateNum: 250, rateDen: 1 },
    state: "closed",
    startMs: now - 40_000,
    lastAt: now,
    samples: 7500,
    dropped: 0,
    holes: 0,
    flags: [],
  } as unknown as Recording;
  const said = (change: Partial<Recording>, at = now) => {
    const { key, isWarning } = sentenceOf({ ...closed, ...change }, at, messages);
    return `${key}${isWarning ? "!" : ""}`;
  };

  it("calls nothing complete that lacks a sample, has no close, or was altered", () => {
    assert.equal(said({}), "sentence-saved");
    assert.equal(said({ holes: 1 }), "sentence-holes!");
    assert.equal(said({ dropped: 1 }), "sentence-gaps!");
    assert.equal(said({ state: "truncated" }), "sentence-cut!");
    assert.equal(said({ flags: ["altered"] }), "sentence-altered!");
    assert.equal(said({ state: "pending", form: undefined }), "sentence-pending");
    assert.equal(sentenceOf(undefined, now, messages).key, "sentence-none");
  });

  it("says of a running one when nothing new came", () => {
    assert.equal(said({ state: "recording" }), "sentence-recording");
    assert.equal(said({ state: "recording" }, now + 16_000), "sentence-waiting!");
  });
});
