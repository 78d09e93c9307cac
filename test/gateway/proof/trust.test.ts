import assert from "node:assert/strict";
import { parseTrust } from "../../../gateway/proof/trust";
import { readVectors } from "../../protocol/vectors";

const { keys, cosigners } = readVectors("note.json");

describe("trust files", () => {
  it("name makers, hubs and witnesses, with comments and space between", () => {
    const text = `# whom I trust\n\nmaker M ${keys[0]}\n  hub\tH   ${keys[1]}  # the hall\r\nwitness W ${cosigners[0]}`;
    const { makers, hubs, witnesses } = parseTrust(text, "t");
    assert.deepEqual(
      [makers, hubs, witnesses].map((list) => list.map(({ label, name }) => [label, name])),
      [[["M", "PeterNeumann"]], [["H", "EnochRoot"]], [["W", "remora.n621.de"]]],
    );
  });

  it("that say something else are refused, with the line", () => {
    for (const [line, why] of [
      ["makers M k", /'makers' is none of maker, hub, witness/],
      ["constructor M k", /'constructor' is none of/],
      ["maker M", /write 'maker NAME VERIFIER-KEY'/],
      [`maker M ${keys[0]} more`, /write 'maker NAME VERIFIER-KEY'/],
      [`maker M ${keys[0].replace("c74f", "c74e")}`, /not a verifier key/],
      [`maker ${keys[0]}`, /write 'maker NAME/],
    ] as const) {
      assert.throws(() => parseTrust(`# one\n${line}\n`, "friends.txt"), {
        code: "TRUST_LINE",
        message: new RegExp(`^friends.txt, line 2: .*${why.source}`),
      });
    }
  });
});
