/** Labels as owners photograph them, read as they claim: by the command, and by the page's route with its thread. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeFromPhoto } from "../../../gateway/claim/photo";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { toHex } from "../../../protocol/bytes";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { scratch } from "../../e2e/rig";
import { HOST, ORIGIN } from "../../gateway/access/rig";
import { directories, inHouse, inTime, pause } from "../../gateway/claim/house";
import { Handheld } from "../../gateway/store/handheld";
import { WebRig } from "../../gateway/web/rig";
import * as camera from "./label/camera";

const VECTORS = join(__dirname, "../../../protocol/vectors/claim.json");
/** The last one: its bytes have no pattern. */
const CODE = JSON.parse(readFileSync(VECTORS, "utf8")).codes.at(-1).code as string;

const range = (from: number, to: number, step: number) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => from + n * step);

/** What is done to the picture, in which degrees it is read, the worst last, and one in which it need not be. */
const BAD: [string, (degree: number) => string[], number[], number?][] = [
  ["turned by any angle", camera.turned, range(3, 357, 23)],
  ["out of focus, up to a deviation of half a module", camera.blurred, [0.25, 0.375, 0.5], 1],
  ["shaken, up to a deviation of 1.25 modules", camera.shaken, [0.5, 1, 1.25], 2.5],
  ["of low contrast, down to 6 % in grey", (n) => camera.between(50 - n / 2, 50 + n / 2), [20, 10, 6], 1],
  ["in the dark, down to a white of 10 %", (n) => camera.between(2, n), [20, 14, 10], 3],
  ["as JPEG, down to quality 2", camera.asJpeg, [30, 10, 5, 2]],
  ["with noise, up to five times ImageMagick's", camera.noisy, [1, 3, 5]],
  ["from aside, the far edge up to 70 % shorter", camera.aslant, [0.1, 0.2, 0.35]],
  ["in light that falls off to 5 %", camera.fading, [50, 20, 5]],
  ["half in a shadow of 50 %", camera.shadowed, [80, 50], 5],
  ["with a lamp's reflection", camera.glaring, [50, 90]],
  ["small, down to 1.6 pixels a module", camera.shrunkTo, [4, 2, 1.6], 0.9],
  ["through a lens that bends it by a fifth", camera.bent, [0.1, 0.2], 0.6],
  ["with a stain ten modules wide", camera.stained, [5, 10], 24],
  ["with all of it at once, up to two and a half times a hurried one's", camera.hurried, [1, 1.5, 2, 2.5], 4],
];

describe("a label that is photographed badly", function () {
  this.timeout(120_000);
  const folder = scratch(true);
  const path = join(folder, "label.jpg");
  before(function () {
    if (camera.hasCamera) return;
    console.log("      skipped: labels photographed badly need the Debian package imagemagick");
    this.skip();
  });

  function taken(label: Buffer, words: string[]): string {
    writeFileSync(path, camera.photograph(label, words));
    return path;
  }

  describe("is read by the command's reader", () => {
    let label: Buffer;
    before(async () => {
      label = await camera.labelOf(Buffer.from(CODE, "hex"));
    });
    for (const [what, done, degrees] of BAD)
      it(what, async () => {
        for (const degree of degrees)
          assert.equal(toHex(await codeFromPhoto(taken(label, done(degree)))), CODE, `degree ${degree}`);
      });

    it("or refused where it is worse than that, and never taken for another code", async () => {
      let refused = 0;
      for (const [what, done, , beyond] of BAD) {
        if (beyond === undefined) continue;
        const read = await codeFromPhoto(taken(label, done(beyond))).then(toHex, ({ code }) => {
          refused++;
          return code as string;
        });
        assert.ok(read === CODE || read === "PHOTO_NO_CODE", `${what}, degree ${beyond}: ${read}`);
      }
      // Else nothing here shows that these pictures are bad.
      assert.ok(refused >= 6, `${refused} refused`);
    });
  });

  it("claims by the page's route, each in its worst degree", async () => {
    const rig = new WebRig();
    try {
      await rig.serve();
      for (const [seed, [what, done, degrees]] of BAD.entries()) {
        const handheld = new Handheld(seed + 1);
        rig.handhelds.push(handheld);
        const payload = camera.photograph(await camera.labelOf(handheld.code), done(degrees.at(-1)!));
        const { cookie, csrf } = rig.owner;
        const answer = await rig.app.inject({
          ...{ method: "POST", url: "/api/claims/photo", payload },
          headers: {
            ...{ host: HOST, origin: ORIGIN, cookie, "x-avnode-csrf": csrf },
            "content-type": "application/octet-stream",
          },
        });
        assert.equal(answer.statusCode, 202, `${what}: ${answer.body}`);
        rig.hello(handheld, true);
        const { state, device } = (await rig.ask("GET", `/api/claims/${answer.json().claim}`)).json();
        assert.deepEqual([state, device], ["claimed", handheld.hex], what);
      }
    } finally {
      await rig.close();
    }
  });

  const newDir = directories();
  inTime("claims by 'avnode claim --photo'", async () => {
    const dataDir = newDir();
    await inHouse(dataDir, newKeepsake(1), async ({ handheld }) => {
      const { claimCode, device } = handheld.identity;
      const photo = taken(await camera.labelOf(claimCode), camera.hurried(2));
      const caught = { out: "", err: "" };
      const into = (which: "out" | "err") => ({
        write(text: string) {
          caught[which] += text;
          return true;
        },
      });
      const terminal = new Terminal(into("out") as NodeJS.WriteStream, into("err") as NodeJS.WriteStream, {});
      const asked = run(["claim", "--photo", photo, "--data", dataDir], "0.0.0", {}, terminal);
      while (!caught.err.includes("hold the handheld's button")) await pause(1000);
      handheld.act((monitor) => monitor.hold());
      assert.equal(await asked, 0, caught.err);
      assert.equal(caught.out, `claimed handheld ${toHex(device)}\n`);
    });
  });
});
