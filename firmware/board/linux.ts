/**
 * Espruino's own build for Linux, for tests on the real interpreter: 256 KB of flash in a file, pages of 1 KB. What it lacks
 * (radio, SPI, converter) the tests bring.
 */
import type { BoardSpec } from "./spec";

export const board: BoardSpec = {
  name: "linux",
  runtime: "LINUX",
  runtimeVersion: "2v29",
  variables: 0,
  notificationBytes: 128,
  storageBytes: 262144,
  has: {
    bluetooth: true,
    sha256: true,
    aesCcm: true,
    native: false,
    lesc: false,
    watchdog: true,
  },
  vault: { kind: "file", address: 0, name: "vault", pages: 2, pageBytes: 1024 },
  ring: { kind: "file", address: 0, name: "ring", pages: 24, pageBytes: 4096 },
  eraseMs: 0,
  frontEnd: {
    kind: "max30003",
    sck: "D5",
    miso: "D6",
    mosi: "D7",
    cs: "D4",
    int: "D3",
    fclkHz: 32768,
    rate: 256,
    gain: 20,
  },
  pins: {
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
