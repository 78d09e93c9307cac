/** A central whose every answer the test gives. */
import type { Central, CentralHandlers, CentralLink, CentralState } from "../../../gateway/radio/central";

export interface Answer {
  resolve(value?: unknown): void;
  reject(error: Error): void;
}

export class FakeLink implements CentralLink {
  payloadBytes = 128;
  refused = false;
  disconnects = 0;
  readonly written: Uint8Array[] = [];
  readonly answers: Record<string, Answer> = {};
  /** Settled at once; the others wait for the test. */
  constructor(
    readonly address: string,
    private readonly prompt: string[] = [],
  ) {}
  onNotification: (bytes: Uint8Array) => void = () => {};
  onClosed: (reason?: number) => void = () => {};
  discover(): Promise<void> {
    return this.asked("discover");
  }
  exchangeMtu(): Promise<void> {
    return this.asked("exchangeMtu");
  }
  subscribe(): Promise<void> {
    return this.asked("subscribe");
  }
  write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    return this.asked("write");
  }
  rssi(): Promise<number> {
    return this.asked("rssi");
  }
  disconnect(): void {
    this.disconnects++;
  }
  private asked<T>(what: string): Promise<T> {
    if (this.prompt.includes(what)) return Promise.resolve(undefined as T);
    return new Promise<T>((resolve, reject) => {
      this.answers[what] = { resolve: resolve as Answer["resolve"], reject };
    });
  }
}

export class FakeCentral implements Central {
  readonly id = "fake";
  readonly state: CentralState = "on";
  readonly cancelled: string[] = [];
  connecting?: Answer;
  open(_handlers: CentralHandlers): void {}
  scan(_on: boolean): void {}
  connect(_address: string): Promise<CentralLink> {
    return new Promise((resolve, reject) => {
      this.connecting = { resolve: resolve as Answer["resolve"], reject };
    });
  }
  cancel(address: string): void {
    this.cancelled.push(address);
  }
  reset(): void {}
  close(): void {}
}
