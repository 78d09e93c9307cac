/** A surface that remembers what was stroked on it, as lines. */
import type { Surface } from "../../../../../gateway/web/page/paper/surface";

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
  fillText(text: string) {
    this.texts.push(text);
  }
}
