/** Where no sample is held: little-endian int32 as all values, and smaller than any that a converter gives. */
export const NO_SAMPLE = -2147483648;
