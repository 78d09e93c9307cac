import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { type FakeHub, RATE, type Shape } from "./fakehub";
import { settled, withPage } from "./pagerig";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SHAPE: Shape = {
  samples: 60 * RATE,
  leads: ["I", "II"],
  marks: [RATE],
  gap: { from: 700, to: 900 },
  finding: { rhythm: "af", episodes: 1, confidence: 0.9, meanRate: 84, ended: true },
  episodes: (["sinus", "af", "unreadable"] as const).map((rhythm, n) => ({
    rhythm,
    from: n * 20 * RATE,
    to: (n + 1) * 20 * RATE,
    confidence: 0.9,
    rate: 84,
    evidence: { from: n * 20 * RATE, to: n * 20 * RATE + RATE },
  })),
  ectopicEvery: 5,
};
const STEPS = ["password", "claim", "person", "recovery", "backup"].map((step, n) => ({
  step,
  state: n === 0 ? "done" : "open",
}));

interface Screen {
  address: string;
  prepare?: (hub: FakeHub) => void;
  /** What the browser tells its console of is meant. */
  isRefused?: boolean;
}

const nobody = (password: boolean) => (hub: FakeHub) => {
  hub.refusals.set("GET /api/session", 401);
  hub.answers["GET /api/setup"] = () => ({ password, open: true });
};
const SCREENS: Record<string, Screen> = {
  home: { address: "" },
  recordings: { address: "#/recordings" },
  recording: { address: "#/recordings/r1" },
  compared: { address: "#/recordings/r1/r1" },
  sheet: { address: "#/print/r1" },
  people: { address: "#/people" },
  settings: { address: "#/settings" },
  backup: { address: "#/backup" },
  ledger: { address: "#/egress" },
  recipients: { address: "#/recipients" },
  alerts: { address: "#/alerts" },
  adopt: { address: "#/adopt" },
  claim: { address: "#/claim" },
  ruler: { address: "#/ruler" },
  setup: {
    address: "#/setup",
    prepare: (hub) => {
      hub.answers["GET /api/setup/steps"] = () => ({ steps: STEPS, next: "claim" });
    },
  },
  login: { address: "", prepare: nobody(true), isRefused: true },
  "first password": { address: "", prepare: nobody(false), isRefused: true },
  clinician: { address: "link#abcdefghijklmnopqrstuvwxyz012345" },
};
/** Browser zoom of 200 % on the smallest screen that counts: 320 CSS pixels (WCAG 2.2, 1.4.10). */
const ZOOMED = { width: 320, height: 500 };

describe("the page for everybody", function () {
  this.timeout(180_000);
  const rig = withPage();
  const opened = async (screen: Screen, options: Parameters<typeof rig.open>[2]) => {
    const { page } = await rig.open(SHAPE, screen.address, options, screen.prepare);
    await settled(page);
    if (screen.isRefused) rig.complaints.splice(0);
    return page;
  };
  const isTooWide = (page: Page) => page.evaluate("document.documentElement.scrollWidth > innerWidth");

  for (const [name, screen] of Object.entries(SCREENS)) {
    it(`${name}: nothing serious for axe; 18 px, contrast of 7 to 1, targets of 48 px, by day and by night`, async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await opened(screen, { colorScheme, viewport: { width: 390, height: 844 } });
        assert.deepEqual(await page.evaluate(`(${illegible})()`), [], colorScheme);
        await page.evaluate(AXE);
        const { violations } = (await page.evaluate("axe.run(document)")) as AxeResults;
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.deepEqual(
          serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`),
          [],
          colorScheme,
        );
      }
    });

    it(`${name}: at 200 % nothing is wider than the screen, and nothing is cut off`, async () => {
      const page = await opened(screen, { viewport: ZOOMED });
      assert.equal(await isTooWide(page), false);
      assert.deepEqual(await page.evaluate(`(${cutOff})()`), []);
    });

    it(`${name}: by keys alone everything is reached, in the page's order, and seen to be`, async () => {
      const page = await opened(screen, {});
      const all = (await page.evaluate(
        "[...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]')].filter((one) => !one.disabled && one.checkVisibility()).length",
      )) as number;
      let before = -1;
      for (let n = 0; n < all; n++) {
        // Dates have a stop for day, month and year each.
        let place = before;
        while (place === before) {
          await page.keyboard.press("Tab");
          place = (await page.evaluate(
            "[...document.querySelectorAll('*')].indexOf(document.activeElement)",
          )) as number;
        }
        assert.ok(place > before, `stop ${n} lies before the one before`);
        const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
        assert.equal(outline, "solid", `stop ${n}`);
        before = place;
      }
    });
  }
});

/** Runs in the browser: texts that do not fit into what they stand in. */
const cutOff = `function () {
  return [...document.querySelectorAll("main *")]
    .filter((one) => one.checkVisibility() && one.clientWidth > 0 && getComputedStyle(one).display !== "inline")
    .filter((one) => !one.matches("select, input") && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.tagName + " " + (one.textContent || "").slice(0, 40));
}`;

/** Runs in the browser. WCAG 2.2: relative luminance and contrast ratio. */
const illegible = `function () {
  const wrong = [];
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
  };
  for (const element of document.body.querySelectorAll("*")) {
    const { width, height } = element.getBoundingClientRect();
    const name = element.tagName + " " + (element.textContent || "").slice(0, 30);
    if (element.matches("a, button, input, select") && (width < 48 || height < 48)) wrong.push(name + ": " + width + " x " + height);
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || width === 0) continue;
    const style = getComputedStyle(element);
    if (parseFloat(style.fontSize) < 18) wrong.push(name + ": " + style.fontSize);
    const [a, b] = [luminance(style.color), luminance(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 7) wrong.push(name + ": contrast " + (a + 0.05) / (b + 0.05));
  }
  return wrong;
}`;
