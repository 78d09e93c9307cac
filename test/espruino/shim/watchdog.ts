/** The chip's watchdog, and what else restarts or locks a handheld: Node is told instead. */
import { every, uptimeMs } from "./clock";
import type { Said } from "./said";

export class Watchdog {
  /** Longest silence between two kicks so far. */
  longestMs = 0;
  enabled = false;
  /** Length of the console's password, 0 while none is set. */
  passwordLength = 0;
  rebooted = false;
  private kickedMs = 0;

  constructor(private readonly said: Said) {}

  install(runtime: { [name: string]: unknown }): void {
    const self = this;
    const setPassword = runtime.setPassword as (password: string) => void;
    runtime.enableWatchdog = function (seconds: number, automatic: boolean | undefined): void {
      if (self.enabled) return;
      self.enabled = true;
      self.kickedMs = uptimeMs();
      if (automatic !== false) return;
      every(function () {
        const silence = uptimeMs() - self.kickedMs;
        if (silence > seconds * 1000) self.said.failed("the watchdog bit after " + silence + " ms");
      }, 1000);
    };
    runtime.kickWatchdog = function (): void {
      self.longestMs = Math.max(self.longestMs, uptimeMs() - self.kickedMs);
      self.kickedMs = uptimeMs();
    };
    runtime.reboot = function (): void {
      self.rebooted = true;
    };
    runtime.setPassword = function (password: string): void {
      self.passwordLength = password ? password.length : 0;
      setPassword(password);
    };
  }
}
