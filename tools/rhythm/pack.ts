/** A trained forest as a source file: what is shipped, and nothing that no tree asks for. */
import type { NetworkShape, PackedNetworks } from "../../gateway/rhythm/episodes/network";
import type { LevelTrees, PackedTrees } from "../../gateway/rhythm/trees/levels";

/** Leaves become whole numbers of 16 bits, features that no tree asks for are left out. */
export function pack(model: LevelTrees): PackedTrees {
  const nodes = 2 ** model.depth - 1;
  const asked = [...model.columns].filter((_, i) => model.cuts[i]! < 255);
  const used = [...new Set(asked)].sort((a, b) => a - b);
  const place = new Map(used.map((column, i) => [column, i]));
  const most = model.leaves.reduce((largest, leaf) => Math.max(largest, Math.abs(leaf)), 1e-9);
  const scale = Math.fround(most / 32767);
  return {
    features: used.map((column) => model.features[column]!).join(" "),
    counts: base64(Uint8Array.from(used, (column) => model.edges[column]!.length)),
    classes: model.classes,
    depth: model.depth,
    trees: model.columns.length / nodes,
    scale,
    edges: base64(Float32Array.from(used.flatMap((column) => [...model.edges[column]!]))),
    columns: base64(model.columns.map((column) => place.get(column) ?? 0)),
    cuts: base64(model.cuts),
    leaves: base64(Int16Array.from(model.leaves, (leaf) => Math.round(leaf / scale))),
  };
}

export function packNetworks(shape: NetworkShape, each: Float64Array[]): PackedNetworks {
  const all = each.flatMap((weights) => [...weights]);
  const scale = Math.fround(Math.max(...all.map(Math.abs)) / 32767);
  return {
    ...shape,
    networks: each.length,
    scale,
    weights: base64(Int16Array.from(all, (weight) => Math.round(weight / scale))),
  };
}

/**
 * @param type of what is exported, and where it is declared
 * @param about lines that say what the model is and what it has seen
 * @param rest further exports, line by line
 */
export function sourceOf(
  name: string,
  type: { name: string; from: string },
  packed: object,
  about: string[],
  rest: string[] = [],
): string {
  // As Biome would have it: long strings on a line of their own, but behind a short key.
  const fields = Object.entries(packed).map(([key, value]) => {
    const text = JSON.stringify(value);
    return key.length > 4 && key.length + text.length + 5 > 110
      ? `  ${key}:\n    ${text},`
      : `  ${key}: ${text},`;
  });
  return [
    "/**",
    ...about.map((line) => ` * ${line}`),
    " * Written by tools/rhythm/train.ts, which makes it anew byte for byte: change that, not this.",
    " */",
    `import type { ${type.name} } from "${type.from}";`,
    "",
    `export const ${name}: ${type.name} = {`,
    ...fields,
    "};",
    ...rest,
    "",
  ].join("\n");
}

function base64(array: Uint8Array | Int16Array | Float32Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}
