/** How anybody gets a release's bytes again, in words that lie beside them. */
import type { ReleaseManifest } from "./releasemanifest";

export function reproduceText(manifest: ReleaseManifest): string {
  const { commit, dirty, board, files, release } = manifest;
  const intro = `# How to get these bytes again

Nobody's word is needed for what is in this release: build it yourself and compare.
`;
  if (commit === null || dirty)
    return `${intro}
This one was made of sources that no commit holds (--dev): nobody can build it again. It is for developers.
`;
  return `${intro}
1. Check that nothing was altered on the way: \`sha256sum -c SHA256SUMS\`. \`SHA256SUMS.sig\` is the maker's plain
   Ed25519 signature over \`SHA256SUMS\`; the maker's public key is
   \`${release.maker}\`.
   Compare it with the one on the maker's papers.
2. Get the sources at commit \`${commit}\` and what they need: \`git checkout ${commit}\`, \`npm ci\`.
3. \`npx ts-node tools/avnode.ts factory check-release FOLDER\`, with this folder. It checks sums and signatures, builds the
   firmware for the board ${board} from that commit, with release counter ${release.counter} and the maker's release key in
   the boot code, and compares ${files.map(({ file }) => file).join(" and ")} to the byte.

Any machine gives the same bytes: folder, time zone, language and user make no difference. What builds them is pinned in
package-lock.json.
`;
}
