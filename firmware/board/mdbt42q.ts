/** MDBT42Q breakout (nRF52832). The build refuses it; it is here so that the refusal says why. */
import type { BoardSpec } from "./spec";

export const board: BoardSpec = {
  name: "mdbt42q",
  runtime: "MDBT42Q",
  runtimeVersion: "2v29",
  variables: 2950,
  // ATT MTU 53, less 3.
  notificationBytes: 50,
  // Ten pages.
  storageBytes: 40960,
  has: {
    bluetooth: true,
    sha256: true,
    // No AES at all.
    aesCcm: false,
    native: true,
    lesc: true,
    watchdog: true,
  },
  // Both would have to share those ten pages with the application.
  vault: { kind: "file", address: 0, name: "vault", pages: 2, pageBytes: 4096 },
  ring: { kind: "file", address: 0, name: "ring", pages: 4, pageBytes: 4096 },
  eraseMs: 85,
  frontEnd: {
    kind: "max30003",
    sck: "D25",
    miso: "D27",
    mosi: "D26",
    cs: "D28",
    int: "D29",
    fclkHz: 32768,
    rate: 256,
    gain: 20,
  },
  pins: {
    // BTN1, pulled down.
    button: "D0",
    pressed: 1,
    led: "D1",
    lit: 1,
    buzzer: "",
    battery: "",
    batteryRatio: 1,
    batteryFoot: "",
  },
};
