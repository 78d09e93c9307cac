import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { fromHex, toHex } from "../../protocol/bytes";
import {
  chunkHash,
  chunkHashes,
  chunksOf,
  encodeRelease,
  isLastLink,
  joinRelease,
  openRelease,
} from "../../protocol/release";
import {
  decodeReleaseFile,
  encodeReleaseFile,
  MAX_RELEASE_FILE_BYTES,
  releaseOf,
  signedReleaseFile,
} from "../../protocol/releasefile";
import { type Json, readVectors, toJson } from "./vectors";

const { sha256 } = nodeCrypto;
const { releases, refused } = readVectors("release.json");

function takeFile(bytes: Uint8Array) {
  const file = decodeReleaseFile(bytes);
  if (!ed25519Verify(file.maker, signedReleaseFile(file), file.signature))
    throw Object.assign(new Error("not signed by its maker"), { code: "RELEASE_FILE_SIGNATURE" });
  return { file, release: releaseOf(sha256, crc32, file) };
}

describe("a release", () => {
  for (const v of releases as Json[]) {
    it(`of ${v.name} is opened with its maker's LMS key and written again`, () => {
      const release = openRelease(sha256, fromHex(v.publicKey), fromHex(v.joined));
      assert.deepEqual(toJson(release), v.fields);
      assert.equal(toHex(encodeRelease(release)), v.encoded);
      const signature = fromHex(v.joined).subarray(2 + fromHex(v.encoded).length);
      assert.equal(toHex(joinRelease(fromHex(v.encoded), signature)), v.joined);
    });

    it(`of ${v.name} has the chunk hashes of the second implementation, and each chunk hangs on the one before`, () => {
      const image = fromHex(v.image);
      const hashes = chunkHashes(sha256, image);
      assert.deepEqual(hashes.map(toHex), v.hashes);
      let expected = fromHex(v.fields.head);
      for (let i = 0; i < chunksOf(image.length); i++) {
        const next = hashes[i + 1]!;
        assert.equal(toHex(chunkHash(sha256, image.slice(512 * i, 512 * i + 512), next)), toHex(expected));
        expected = next;
      }
      assert.ok(isLastLink(expected));
    });

    it(`of ${v.name} travels as a file: read, checked and written again`, () => {
      const { file, release } = takeFile(fromHex(v.file));
      assert.deepEqual(toJson(release), v.fields);
      assert.equal(Buffer.from(file.notes).toString(), v.notes);
      assert.equal(toHex(encodeReleaseFile(file)), v.file);
    });
  }

  for (const v of refused as Json[]) {
    it(`is refused with ${v.code} by ${v.decoder}: ${v.name}`, () => {
      const input = fromHex(v.input);
      assert.throws(
        () =>
          v.decoder === "openRelease" ? openRelease(sha256, fromHex(v.publicKey), input) : takeFile(input),
        { code: v.code },
      );
    });
  }

  it("is refused unread as a file that is too long", () => {
    assert.throws(() => decodeReleaseFile(new Uint8Array(MAX_RELEASE_FILE_BYTES + 1)), {
      code: "RELEASE_FILE_LENGTH",
    });
  });
});
