/** What a station tells whoever watches it. */

export interface SlotView {
  slot: string;
  word: "WAIT" | "BUSY" | "PASS" | "FAIL";
  step?: string;
  done: number;
  total: number;
  code?: string;
  detail?: string;
  serial?: string;
}

export interface TallyView {
  passed: number;
  failed: number;
  planned: number;
  startedAt: number;
  byStep: Record<string, number>;
}

export interface Screen {
  slot(view: SlotView): void;
  tally(view: TallyView): void;
  close(): void;
}
