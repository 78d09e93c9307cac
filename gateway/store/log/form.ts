/**
 * Tables that any log has, whoever keeps it; what its leaves are about stands beside them. Steps of forms that were released
 * are made of them: never edited.
 */

export const NODES_FORM = `
-- RFC 6962 hashes of complete subtrees: the idx-th of 2^level leaves.
CREATE TABLE nodes (
  log INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (log, level, idx)
) WITHOUT ROWID;
`;

export const CHECKPOINTS_FORM = `
-- Signed notes as handed out.
CREATE TABLE checkpoints (
  log INTEGER NOT NULL REFERENCES logs (id), size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL,
  note BLOB NOT NULL, PRIMARY KEY (log, size)
) WITHOUT ROWID;
`;
