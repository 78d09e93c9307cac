import { strict as assert } from "node:assert";
import { demandsOf } from "../../../tools/firmware/inspect";

describe("what a bundle asks of the interpreter", () => {
  it("names the runtime's own, not what the bundle defines", () => {
    const { builtins, modules } = demandsOf(`
      var Own = { CRC32: function (E) { return E.hidden(NRF.restart); } };
      let flash = require("Flash"), i = 0;
      Own.CRC32(flash.read(1, 2));
      function f(Date) { for (let setWatch = 0; setWatch < 1; setWatch++) Date.now(); return f; }
      try { analogRead(D3); } catch (error) { print(error, E.CRC32("x")); }
      class Ring { constructor() { this.pages = new Uint8Array(3); } read() { return [undefined, arguments]; } }
      new Ring()[String.fromCharCode(65)];
    `);
    assert.deepEqual(builtins, [
      "D3",
      "E.CRC32",
      "NRF.restart",
      "String.fromCharCode",
      "Uint8Array",
      "analogRead",
      "print",
    ]);
    assert.deepEqual(modules, ["Flash"]);
  });

  it("counts the names at the top level", () => {
    assert.equal(demandsOf("var a, b = 1; let c; function d() { var e; } class F {}").topLevel, 5);
  });

  it("counts functions of every kind that begin with the directive, and nothing else", () => {
    const { jit } = demandsOf(`
      function a() { "jit"; return 1; }
      const b = () => { 'jit'; return 2; };
      class C { d() { "jit"; } }
      const e = function () { const jit = 1; "jit"; return jit; };
      const f = () => "jit";
      "jit";
    `);
    assert.equal(jit, 3);
  });
});
