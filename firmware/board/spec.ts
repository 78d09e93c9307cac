/** What a board is, as data: the build checks it against what the firmware needs, and the adapters beside `espruino/` use it. */

/** Whole pages of flash that nothing else uses. */
export interface FlashRegion {
  /**
   * "pages": raw pages outside Espruino's Storage, at `address`.
   * "file": pages within a preallocated Storage file `name`, where the board has no free ones. Nothing may be written to
   * Storage once it stands: compaction would move it.
   */
  kind: "pages" | "file";
  address: number;
  name: string;
  /** Of the firmware, each a whole number of the chip's. */
  pages: number;
  pageBytes: number;
}

/** MAX30003 on SPI, its own crystal. */
export interface Max30003Spec {
  kind: "max30003";
  sck: string;
  mosi: string;
  miso: string;
  cs: string;
  int: string;
  /** Of the clock that the chip is given: 32768, and the rate is one of 128, 256 and 512 Hz. */
  fclkHz: number;
  /** Samples per 64, 128 or 256 clocks: 512, 256 or 128 Hz at 32768. */
  rate: 512 | 256 | 128;
  /** V/V: 20, 40, 80, 160. */
  gain: 20 | 40 | 80 | 160;
}

/** AD8232 on the converter of the board: 8 bits, for teaching. */
export interface Ad8232Spec {
  kind: "ad8232";
  out: string;
  loPlus: string;
  loMinus: string;
  shutdown: string;
  rate: number;
}

export interface BoardSpec {
  /** Its file's name, and that of its folder in `firmware/dist`. */
  name: string;
  /** `process.env.BOARD` of the Espruino build that it runs. */
  runtime: string;
  /** Lowest `process.version` that was checked. */
  runtimeVersion: string;
  /** JavaScript variables of that build, 0 where they grow. */
  variables: number;
  /** Longest notification. */
  notificationBytes: number;
  /** Of Espruino's Storage. */
  storageBytes: number;
  /** What the build of the runtime carries of what the firmware may need. */
  has: {
    bluetooth: boolean;
    sha256: boolean;
    aesCcm: boolean;
    /** `E.nativeCall` runs Thumb-2 code. */
    native: boolean;
    /** LE Secure Connections by `NRF.setSecurity`. */
    lesc: boolean;
    watchdog: boolean;
  };
  vault: FlashRegion;
  ring: FlashRegion;
  /** Room for updates beside the factory's image, in `count` equal slots; left out where there is none. */
  slots?: FlashRegion & { count: number };
  /** Erasing one page of the ring takes that long, at worst. */
  eraseMs: number;
  frontEnd: Max30003Spec | Ad8232Spec;
  pins: {
    /** Pressed when it reads `pressed`. */
    button: string;
    pressed: 0 | 1;
    /** Lit when written `lit`. */
    led: string;
    lit: 0 | 1;
    /** Passive piezo, "" for none. */
    buzzer: string;
    /** The battery's divider on the converter, "" where it cannot be read. */
    battery: string;
    /** How many times the voltage at that pin the battery's is. */
    batteryRatio: number;
    /** Foot of the divider, held low from power-on, "" where it is tied to ground. */
    batteryFoot: string;
    /** What holds it low: 1 where the runtime inverts that pin, 0 when left out. */
    batteryFootLow?: 0 | 1;
  };
  /** Off when left out. */
  radio?: {
    /**
     * LE Secure Connections as a second wall around the link: what is written must come over an encrypted connection. For
     * a hub that can pair so, and where `has.lesc`.
     */
    secondWall?: boolean;
    /** The standard Heart Rate Service, in the clear, for whoever connects; where the front end tells beats. */
    heartRateService?: boolean;
  };
}
