/** y[t] = y[0] + r[t]: for a lead that is noise around a level. */
export const PREDICTOR_LEVEL = 0;
/** y[t] = y[0], no residuals: for a flat line. */
export const PREDICTOR_CONSTANT = 15;

/**
 * Predictors 1 to 14 as weights, in 1/256, of the last eight differences, newest first. 1 to 3 are the first to third
 * difference; the others were trained on MIT-BIH Arrhythmia, CinC 2017, CPSC 2021 and 12-lead records by
 * tools/codec/train.py.
 */
export const TAPS: number[][] = [
  [0, 0, 0, 0, 0, 0, 0, 0],
  [256, 0, 0, 0, 0, 0, 0, 0],
  [512, -256, 0, 0, 0, 0, 0, 0],
  [237, -42, -34, 43, 23, -5, -5, -19],
  [265, -39, -50, -8, 16, 2, -1, -3],
  [274, -78, -62, 39, 16, -12, -21, -4],
  [176, 7, -45, -2, 29, 25, -20, -26],
  [256, -77, -5, -13, -1, -5, 0, 0],
  [210, -88, 154, -64, -49, 62, 16, -40],
  [483, -309, 57, -17, 27, 6, -21, 5],
  [170, 43, -55, 8, 62, 64, -35, -58],
  [204, 44, -30, -36, -10, 10, 10, -4],
  [434, -221, 23, -30, 19, 0, 5, -8],
  [299, -171, -17, 61, -25, -11, 8, -5],
];

/** Context, a hexadecimal digit, of each reduced running magnitude 0 to 31. */
export const CONTEXT_OF = "012345678899aabbccccddddeeeeffff";

/**
 * Code length, a hexadecimal digit, of each of the 32 symbols in each of the 16 contexts. Every row is a complete
 * prefix code (its Kraft sum is 1), so any bits decode to some symbol. Trained as the predictors were.
 */
export const LENGTHS: string[] = [
  "14565864686666688655688888877676",
  "13346557699888888888888888888888",
  "13384668886688886888888868888877",
  "13255667798babbccabaacccaccccccc",
  "2224455668798a8bbbaaacbcaacccccc",
  "2324354657697a9b9babacbc9acccccc",
  "2324354657697a8b9babacccaccccccc",
  "233335464758697a9baaacccaccccccc",
  "333334354657697a8a9aacbcabcccccc",
  "33333435465769798b9bacbcabcccccc",
  "333334454556676878798a9b8acccccc",
  "333434444556576778788a8a78bbcccc",
  "344444444455555666667778569acccc",
  "3444444554555556666667774589abcc",
  "44444455545555556665666744689abb",
  "455545555455555565556666345789aa",
];
