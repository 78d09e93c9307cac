/** A handheld's battery. */

/** From here on the handheld itself says so at rest; see firmware/README.md. */
export const BATTERY_LOW_MILLIVOLTS = 3500;
