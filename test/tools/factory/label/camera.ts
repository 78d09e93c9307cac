/** Labels photographed badly, by ImageMagick: on a grey bench, as JPEG. Sizes are in pixels, of which a module of the QR has eight. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { labelPng } from "../../../../tools/factory/label/png";
import { labelTemplate } from "../../../../tools/factory/label/template";

export const MODULE_PX = 8;
const CONVERT = "/usr/bin/convert";
/** Of bench to each side. */
const BORDER = 160;
const [WIDTH, HEIGHT] = [709 + 2 * BORDER, 354 + 2 * BORDER];
/** Its noise is the same every time. */
const SEED = 20261129;
const BENCH = "gray35";

export const hasCamera = existsSync(CONVERT);

/** What a camera, its holder or the light does to a picture, in ImageMagick's words. */
export const turned = (degrees: number) => ["-background", BENCH, "-rotate", `${degrees}`];
export const blurred = (modules: number) => ["-blur", `0x${modules * MODULE_PX}`];
export const shaken = (modules: number) => ["-motion-blur", `0x${modules * MODULE_PX}+30`];
/** Black and white become these greys, per cent. */
export const between = (black: number, white: number) => ["+level", `${black}%,${white}%`];
export const noisy = (times: number) => ["-attenuate", `${times}`, "+noise", "Gaussian"];
export const asJpeg = (quality: number) => ["-quality", `${quality}`];
export const shrunkTo = (pxPerModule: number) => ["-resize", `${(100 * pxPerModule) / MODULE_PX}%`];
/** The lens bends what is straight. */
export const bent = (barrel: number) => ["-virtual-pixel", "edge", "-distort", "Barrel", `0 0 ${barrel}`];
/** Seen from aside: the far edge is shorter by so much of the height. */
export const aslant = (part: number) => [
  ...["-virtual-pixel", "background", "-background", BENCH, "-distort", "Perspective"],
  `0,0 ${WIDTH * part},${(HEIGHT * part) / 2}  ${WIDTH},0 ${WIDTH * (1 - part)},0  ` +
    `0,${HEIGHT} 0,${HEIGHT}  ${WIDTH},${HEIGHT} ${WIDTH},${HEIGHT * (1 - 0.3 * part)}`,
];
const lit = (light: string[], how: string) => ["(", ...light, ")", "-compose", how, "-composite"];
/** Light falls off from one side to the other, to so many per cent. */
export const fading = (least: number) =>
  lit(["-size", `${HEIGHT}x${WIDTH}`, `gradient:white-gray${least}`, "-rotate", "90"], "multiply");
/** A hand's shadow, its edge across the QR. */
export const shadowed = (least: number) =>
  lit(
    [
      ...["-size", `${WIDTH}x${HEIGHT}`, "xc:white", "-fill", `gray${least}`],
      ...["-draw", `polygon 0,0 330,0 200,${HEIGHT} 0,${HEIGHT}`, "-blur", "0x12"],
    ],
    "multiply",
  );
/** A lamp's reflection over the QR. */
export const glaring = (most: number) =>
  lit(["-size", `${WIDTH}x${HEIGHT}`, `radial-gradient:gray${most}-black`, "-roll", "-200+0"], "screen");
/** A spot on the QR, so many modules wide. */
export const stained = (modules: number) => [
  ...["-fill", "gray20", "-draw", `circle 320,350 ${320 + (modules * MODULE_PX) / 2},350`],
];
/** All at once; 1 is what somebody in a hurry makes. */
export const hurried = (times: number) => [
  ...fading(100 - 20 * times),
  ...blurred(0.16 * times),
  ...aslant(0.04 * times),
  ...turned(9 * times),
  ...between(10 * times, 100 - 15 * times),
  ...noisy(0.3 * times),
  ...asJpeg(Math.round(60 / times)),
];

export function labelOf(claimCode: Uint8Array): Promise<Buffer> {
  const device = Uint8Array.from([0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7]);
  const unit = {
    device,
    claimCode,
    serial: "AVN-000417",
    board: "xiaoble",
    batch: "2026-11",
    deviceClass: 1,
  };
  return labelPng(unit, labelTemplate());
}

export function photograph(label: Buffer, words: string[]): Buffer {
  const bench = ["-bordercolor", BENCH, "-border", `${BORDER}x${BORDER}`];
  const { status, stdout, stderr } = spawnSync(
    CONVERT,
    ["-seed", `${SEED}`, "png:-", ...bench, "-quality", "80", ...words, "jpeg:-"],
    { input: label, maxBuffer: 50_000_000 },
  );
  if (status !== 0) throw new Error(`convert: ${stderr}`);
  return stdout;
}
