import assert from "node:assert/strict";
import { retryDelay } from "../../../gateway/radio/backoff";

describe("the pause before the next try", () => {
  it("is none at first, then 1, 2, 4 … 60 s", () => {
    const plain = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => retryDelay(failures, () => 0.5));
    assert.deepEqual(plain, [0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  });

  it("differs by up to a fifth either way", () => {
    assert.equal(
      retryDelay(3, () => 0),
      3200,
    );
    assert.equal(
      retryDelay(3, () => 1),
      4800,
    );
    assert.equal(
      retryDelay(99, () => 1),
      72000,
    );
  });
});
