/** What the paper needs of a canvas: any CanvasRenderingContext2D is one, and a test's recorder, too. */
export interface Surface {
  strokeStyle: string | object;
  fillStyle: string | object;
  lineWidth: number;
  lineJoin: string;
  font: string;
  textBaseline: string;
  save(): void;
  restore(): void;
  beginPath(): void;
  rect(x: number, y: number, width: number, height: number): void;
  clip(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  stroke(): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  strokeText(text: string, x: number, y: number): void;
}

/** Of a canvas, in its own (device) pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Draws, and leaves everything outside as it is. */
export function within(surface: Surface, { left, top, width, height }: Area, draw: () => void): void {
  surface.save();
  surface.beginPath();
  surface.rect(left, top, width, height);
  surface.clip();
  draw();
  surface.restore();
}
