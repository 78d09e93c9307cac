/**
 * The reference handheld: Seeed XIAO nRF52840 with MAX30003. D1 stays free and tied to ground: the runtime calls it BTN1,
 * and whoever holds it high at power-on keeps the boot code, and with it the lock, from running.
 */
import type { BoardSpec } from "./spec";

export const board: BoardSpec = {
  name: "xiaoble",
  runtime: "XIAOBLE",
  runtimeVersion: "2v29",
  variables: 14000,
  // ATT MTU 131, less 3.
  notificationBytes: 128,
  storageBytes: 2097152,
  has: {
    bluetooth: true,
    sha256: true,
    aesCcm: true,
    native: true,
    lesc: true,
    watchdog: true,
  },
  // Keys stay inside the processor, where APPROTECT covers them; the flash beside it answers to any clip. Seven pages below
  // the bootloader (0xF4000) belong to the user; the runtime keeps its bonds in the last two.
  vault: { kind: "pages", address: 0xed000, name: "", pages: 2, pageBytes: 4096 },
  // Leaves 150 KB for the application and the factory's files.
  ring: { kind: "file", address: 0, name: "ring", pages: 408, pageBytes: 4096 },
  // Twice 127 KB: the one that runs stays while the next one is written, and has a fifth to grow.
  slots: { kind: "file", address: 0, name: "slots", pages: 64, pageBytes: 4096, count: 2 },
  eraseMs: 85,
  frontEnd: {
    kind: "max30003",
    // As printed on the board.
    sck: "D8",
    miso: "D9",
    mosi: "D10",
    cs: "D7",
    int: "D3",
    fclkHz: 32768,
    rate: 256,
    gain: 20,
  },
  pins: {
    // To ground.
    button: "D2",
    pressed: 0,
    // The red one, on the board. The runtime inverts this pin by itself.
    led: "D11",
    lit: 1,
    buzzer: "D6",
    // 1 MΩ over 510 kΩ.
    battery: "D32",
    batteryRatio: 1510 / 510,
    // High while it charges, and the pin above would get more than it bears.
    batteryFoot: "D14",
    batteryFootLow: 1,
  },
};
