/** A forest of trees that grew where they gained most, as it is shipped: node by node. */
import { type Forest, newForest } from "./forest";
import type { Trees } from "./trees";

/** Bytes, little-endian: classes, nodes; start; then of all nodes features, values, rights. */
export function encodeForest({ start, feature, value, right }: Omit<Trees, "roots">): Buffer {
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
  const feature = Int16Array.from({ length: nodes }, (_, k) => bytes.readInt8(features + k));
  return newForest({
    start: Float32Array.from({ length: classes }, (_, k) => bytes.readFloatLE(8 + 4 * k)),
    feature,
    value: Float32Array.from({ length: nodes }, (_, k) => bytes.readFloatLE(features + nodes + 4 * k)),
    right: Int16Array.from({ length: nodes }, (_, k) => bytes.readInt16LE(features + 5 * nodes + 2 * k)),
  });
}
