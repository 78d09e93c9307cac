/** Small decision trees, added up: inference for what `tools/rhythm/forest.ts` grows. */

/**
 * Nodes of trees, one tree behind another, each node before its left branch and that before its right. At a node the
 * value of `feature` decides: up to `value` goes to the node behind it, more to the one `right` further. A leaf has
 * feature -1 and adds `value` to the score of its tree's class.
 */
export interface Forest {
  /** Scores of the classes before the first tree. */
  start: Float32Array;
  /** First node of each tree; tree t belongs to class t modulo the number of classes. */
  roots: Int32Array;
  feature: Int8Array;
  value: Float32Array;
  right: Int16Array;
}

/** Writes the probability of each class. */
export function predict(forest: Forest, features: Float64Array, into: Float64Array): void {
  const { start, roots, feature, value, right } = forest;
  const classes = start.length;
  for (let k = 0; k < classes; k++) into[k] = start[k]!;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = roots[tree]!;
    while (feature[node]! >= 0) node += features[feature[node]!]! <= value[node]! ? 1 : right[node]!;
    into[tree % classes]! += value[node]!;
  }
  toShares(into, 0, classes);
}

/** Turns scores from `at` on into probabilities, in place. */
export function toShares(scores: Float64Array, at: number, classes: number): void {
  let most = scores[at]!;
  for (let k = 1; k < classes; k++) most = Math.max(most, scores[at + k]!);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    scores[at + k] = Math.exp(scores[at + k]! - most);
    sum += scores[at + k]!;
  }
  for (let k = 0; k < classes; k++) scores[at + k]! /= sum;
}

/** Bytes, little-endian: classes, nodes; start; then of all nodes features, values, rights. */
export function encodeForest({ start, feature, value, right }: Forest): Buffer {
  const nodes = feature.length;
  const bytes = Buffer.alloc(8 + 4 * start.length + 7 * nodes);
  bytes.writeUInt32LE(start.length, 0);
  bytes.writeUInt32LE(nodes, 4);
  let at = 8;
  for (const each of start) at = bytes.writeFloatLE(each, at);
  for (const each of feature) at = bytes.writeInt8(each, at);
  for (const each of value) at = bytes.writeFloatLE(each, at);
  for (const each of right) at = bytes.writeInt16LE(each, at);
  return bytes;
}

/** @throws RangeError for bytes that are no forest */
export function decodeForest(bytes: Buffer): Forest {
  const classes = bytes.readUInt32LE(0);
  const nodes = bytes.readUInt32LE(4);
  if (bytes.length !== 8 + 4 * classes + 7 * nodes)
    throw new RangeError(`cannot read a forest: ${bytes.length} bytes`);
  const features = 8 + 4 * classes;
  const feature = Int8Array.from({ length: nodes }, (_, k) => bytes.readInt8(features + k));
  return {
    start: Float32Array.from({ length: classes }, (_, k) => bytes.readFloatLE(8 + 4 * k)),
    roots: rootsOf(feature),
    feature,
    value: Float32Array.from({ length: nodes }, (_, k) => bytes.readFloatLE(features + nodes + 4 * k)),
    right: Int16Array.from({ length: nodes }, (_, k) => bytes.readInt16LE(features + 5 * nodes + 2 * k)),
  };
}

/** A tree ends where it has a leaf more than branches. */
export function rootsOf(feature: Int8Array): Int32Array {
  const roots: number[] = [];
  let open = 0;
  for (let node = 0; node < feature.length; node++) {
    if (open === 0) {
      roots.push(node);
      open = 1;
    }
    open += feature[node]! >= 0 ? 1 : -1;
  }
  return Int32Array.from(roots);
}
