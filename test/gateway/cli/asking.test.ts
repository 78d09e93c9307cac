import { strict as assert } from "node:assert";
import { PassThrough } from "node:stream";
import { askNewSecrets, askSecrets } from "../../../gateway/cli/asking";
import { Terminal } from "../../../gateway/cli/terminal";

const QUESTIONS = ["the first: ", "the second: "];

/** @param typed all of it at once, and then no more */
function terminal(typed: string, isTTY: boolean) {
  const shown = { text: "" };
  const write = (text: string) => {
    shown.text += text;
  };
  const stderr = { write } as unknown as NodeJS.WriteStream;
  const stdin = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream;
  (stdin as unknown as PassThrough).end(typed);
  return { shown, terminal: new Terminal(stderr, stderr, {}, stdin) };
}

describe("several secrets, asked for one behind the other", () => {
  it("are lines of a pipe, which may come at once", async () => {
    for (const ask of [askSecrets, askNewSecrets]) {
      const { terminal: piped } = terminal("one\ntwo\nthree\n", false);
      assert.deepEqual(await ask(piped, QUESTIONS), ["one", "two"]);
      const { terminal: short } = terminal("one\n", false);
      await assert.rejects(ask(short, QUESTIONS), /nothing was typed where 'the second:' was asked/);
    }
  });

  it("are typed at a terminal, new ones twice, and not shown", async () => {
    const known = terminal("one\ntwo\n", true);
    assert.deepEqual(await askSecrets(known.terminal, QUESTIONS), ["one", "two"]);
    assert.equal(known.shown.text, "the first: \nthe second: \n");
    const fresh = terminal("one\none\ntwo\ntwo\n", true);
    assert.deepEqual(await askNewSecrets(fresh.terminal, QUESTIONS), ["one", "two"]);
    assert.equal(fresh.shown.text, "the first: \nonce more: \nthe second: \nonce more: \n");
    const differing = terminal("one\none\ntwo\nto\n", true);
    await assert.rejects(askNewSecrets(differing.terminal, QUESTIONS), /the two at 'the second:' differ/);
  });

  it("are refused before the next one is asked for", async () => {
    const { shown, terminal: typing } = terminal("one\none\ntwo\ntwo\n", true);
    const refused = askNewSecrets(typing, QUESTIONS, (secret) => assert.notEqual(secret, "one", "too short"));
    await assert.rejects(refused, /too short/);
    assert.equal(shown.text, "the first: \n");
  });
});
