/** A surface that remembers what was stroked on it, as lines. */
import type { Area, Surface } from "../../../../../gateway/web/page/paper/surface";

export interface Stroke {
  ink: string | object;
  width: number;
  lines: [number, number][][];
}

export class Recorder implements Surface {
  strokeStyle: string | object = "";
  fillStyle: string | object = "";
  lineWidth = 1;
  lineJoin = "";
  font = "";
  textBaseline = "";
  readonly strokes: Stroke[] = [];
  readonly texts: string[] = [];
  readonly textPlaces: [number, number][] = [];
  readonly haloed: [string, number, number][] = [];
  readonly filled: { ink: string | object; area: Area }[] = [];
  readonly cleared: [number, number, number, number][] = [];
  private lines: [number, number][][] = [];

  save() {}
  restore() {}
  clip() {}
  beginPath() {
    this.lines = [];
  }
  rect(x: number, y: number, width: number, height: number) {
    this.lines.push([
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
      [x, y],
    ]);
  }
  moveTo(x: number, y: number) {
    this.lines.push([[x, y]]);
  }
  lineTo(x: number, y: number) {
    this.lines.at(-1)!.push([x, y]);
  }
  stroke() {
    this.strokes.push({ ink: this.strokeStyle, width: this.lineWidth, lines: this.lines });
  }
  clearRect(...area: [number, number, number, number]) {
    this.cleared.push(area);
  }
  fillRect(x: number, y: number, width: number, height: number) {
    this.filled.push({ ink: this.fillStyle, area: { left: x, top: y, width, height } });
  }
  strokeText(text: string, x: number, y: number) {
    this.haloed.push([text, x, y]);
  }
  fillText(text: string, x: number, y: number) {
    this.texts.push(text);
    this.textPlaces.push([x, y]);
  }
}
