/**
 * Nodes of trees, one tree behind another, each node before its left branch and that before its right. At a node the
 * value of `feature` decides: more than `value` goes to the node `right` further, anything else (also what is not known,
 * NaN) to the node behind it. A leaf has feature -1 and adds `value` to the score that its tree belongs to.
 */
export interface Trees {
  /** Scores before the first tree: one per class, or a single one, which is for the second of two classes. */
  start: Float32Array;
  /** First node of each tree; tree t belongs to score t modulo the number of scores. */
  roots: Int32Array;
  feature: Int16Array;
  value: Float32Array;
  right: Int16Array;
}
