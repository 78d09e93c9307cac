/** The answers of a boosted forest: complete trees over features that were cut into bins. */

export interface TreesModel {
  /** Names of what it asks for, in order. */
  features: string[];
  /** Per feature the bounds between its bins, ascending. */
  edges: Float32Array[];
  /** With two there is one tree a round, for the second class; else one per class. */
  classes: number;
  depth: number;
  /** Tree after tree, level after level: which feature a node asks for, and the last bin that goes left. */
  columns: Uint8Array;
  cuts: Uint8Array;
  leaves: Float32Array;
}

/** The same as it is shipped: arrays as base64, little-endian. */
export interface PackedTrees {
  /** Names with spaces between. */
  features: string;
  /** uint8: how many bounds each feature has. */
  counts: string;
  classes: number;
  depth: number;
  trees: number;
  /** What a leaf's 1 stands for. */
  scale: number;
  /** float32 */
  edges: string;
  /** uint8 */
  columns: string;
  cuts: string;
  /** int16 */
  leaves: string;
}

export function unpack(packed: PackedTrees): TreesModel {
  // Copied, because a pooled buffer need not begin at a multiple of four.
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const all = new Float32Array(bytes(packed.edges).buffer);
  let from = 0;
  const edges = Array.from(bytes(packed.counts), (count) => {
    from += count;
    return all.subarray(from - count, from);
  });
  return {
    features: packed.features.split(" "),
    edges,
    classes: packed.classes,
    depth: packed.depth,
    columns: bytes(packed.columns),
    cuts: bytes(packed.cuts),
    leaves: Float32Array.from(new Int16Array(bytes(packed.leaves).buffer), (leaf) => leaf * packed.scale),
  };
}

/** @returns the features that a model asks for, in its order; NaN for what is not there */
export function valuesFor(model: TreesModel, features: Record<string, number>): Float64Array {
  return Float64Array.from(model.features, (name) => features[name] ?? Number.NaN);
}

/** How many bounds lie below a value; 0 for what is not known. */
export function binOf(edges: Float32Array, value: number): number {
  if (Number.isNaN(value)) return 0;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > edges[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param values of the model's features, in its order @returns the probability of each class */
export function probabilities(model: TreesModel, values: ArrayLike<number>): Float64Array {
  const { depth, classes, columns, cuts, leaves } = model;
  const bins = Uint8Array.from(model.edges, (edges, column) => binOf(edges, values[column]!));
  const inner = 2 ** depth - 1;
  const outputs = classes === 2 ? 1 : classes;
  const score = new Float64Array(outputs);
  const trees = columns.length / inner;
  for (let tree = 0; tree < trees; tree++) {
    const first = tree * inner;
    let node = 0;
    for (let level = 0; level < depth; level++)
      node = 2 * node + (bins[columns[first + node]!]! > cuts[first + node]! ? 2 : 1);
    score[tree % outputs]! += leaves[tree * (inner + 1) + node - inner]!;
  }
  if (outputs === 1) {
    const second = 1 / (1 + Math.exp(-score[0]!));
    return Float64Array.of(1 - second, second);
  }
  const most = Math.max(...score);
  const parts = score.map((value) => Math.exp(value - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}
