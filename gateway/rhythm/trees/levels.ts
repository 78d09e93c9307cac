/** A forest of complete trees over features that were cut into bins, as it is trained and shipped: level by level. */
import { type Forest, newForest } from "./forest";

export interface LevelTrees {
  /** Names of what it asks for, in order. */
  features: string[];
  /** Per feature the bounds between its bins, ascending; a bound lies in the bin below it. */
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

/** A forest that knows the names of its features. */
export interface NamedForest extends Forest {
  names: string[];
}

export function unpack(packed: PackedTrees): NamedForest {
  // Copied, because a pooled buffer need not begin at a multiple of four.
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const all = new Float32Array(bytes(packed.edges).buffer);
  let from = 0;
  const edges = Array.from(bytes(packed.counts), (count) => {
    from += count;
    return all.subarray(from - count, from);
  });
  return forestOf({
    features: packed.features.split(" "),
    edges,
    classes: packed.classes,
    depth: packed.depth,
    columns: bytes(packed.columns),
    cuts: bytes(packed.cuts),
    leaves: Float32Array.from(new Int16Array(bytes(packed.leaves).buffer), (leaf) => leaf * packed.scale),
  });
}

/** Complete trees as nodes, without those whose bins all go left. */
export function forestOf({
  features,
  edges,
  classes,
  depth,
  columns,
  cuts,
  leaves,
}: LevelTrees): NamedForest {
  const inner = 2 ** depth - 1;
  const feature: number[] = [];
  const value: number[] = [];
  const right: number[] = [];
  const leaf = (added: number) => {
    feature.push(-1);
    value.push(added);
    right.push(0);
  };
  const descend = (tree: number, node: number) => {
    if (node >= inner) {
      leaf(leaves[tree * (inner + 1) + node - inner]!);
      return;
    }
    const column = columns[tree * inner + node]!;
    const bound = edges[column]?.[cuts[tree * inner + node]!];
    if (bound === undefined) {
      descend(tree, 2 * node + 1);
      return;
    }
    const at = feature.length;
    feature.push(column);
    value.push(bound);
    right.push(0);
    descend(tree, 2 * node + 1);
    right[at] = feature.length - at;
    descend(tree, 2 * node + 2);
  };
  for (let tree = 0; tree < columns.length / inner; tree++) descend(tree, 0);
  const forest = newForest({
    start: new Float32Array(classes === 2 ? 1 : classes),
    feature: Int16Array.from(feature),
    value: Float32Array.from(value),
    right: Int16Array.from(right),
  });
  return { names: features, ...forest };
}

/** @returns the features that a forest asks for, in its order; NaN for what is not there */
export function valuesFor({ names }: NamedForest, features: Record<string, number>): Float64Array {
  const values = new Float64Array(names.length);
  for (let k = 0; k < names.length; k++) values[k] = features[names[k]!] ?? Number.NaN;
  return values;
}
