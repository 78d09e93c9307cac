/** The one button: what is pressed, held, and held while the power came on. */

/** Held so long it asks to be claimed. */
export const HOLD_MS = 3000;
/** Held so long from power-on, and then let go of, it asks for the keys to be wiped. */
export const WIPE_MS = 10000;
/** A button that stays down is stuck, or lies under something: it asks for nothing. */
export const STUCK_MS = 20000;
const POLL_MS = 100;

export interface ButtonHooks {
  down(): boolean;
  uptimeMs(): number;
  after(ms: number, run: () => void): () => void;
}

export class Button {
  private cancel: (() => void) | undefined;

  constructor(private readonly hooks: ButtonHooks) {}

  /**
   * Waits while the button is down after power-on.
   * @param counted told of every second that it is held, from 1 on
   * @param decided told once, when it is let go of: whether the keys are to be wiped
   */
  atPowerOn(counted: (second: number) => void, decided: (wipe: boolean) => void): void {
    const hooks = this.hooks;
    const since = hooks.uptimeMs();
    let seconds = 0;
    const look = function (): void {
      const held = hooks.uptimeMs() - since;
      if (!hooks.down()) decided(held >= WIPE_MS);
      else if (held >= STUCK_MS) decided(false);
      else {
        if (held >= 1000 * (seconds + 1)) counted(++seconds);
        hooks.after(POLL_MS, look);
      }
    };
    look();
  }

  /** The pin moved and came to rest. @param pressed a short press ended @param held it is held for HOLD_MS */
  moved(down: boolean, pressed: () => void, held: () => void): void {
    const waiting = this.cancel;
    if (waiting) waiting();
    this.cancel = undefined;
    const self = this;
    if (down) {
      this.cancel = this.hooks.after(HOLD_MS, function () {
        self.cancel = undefined;
        held();
      });
    } else if (waiting) pressed();
  }
}
