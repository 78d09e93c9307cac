import { strict as assert } from "node:assert";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LICENCE_FILES, makeSbom, type Sbom, SbomError } from "../../tools/bill";
import { type Installed, installed, ROOT } from "./installed";

/** How the MIT licence begins, in which its name need not stand. */
const MIT_TEXT = /Permission is hereby granted, free of charge, to any person/;

/** What the bill lacks, has too much, or has without a licence. */
function faults(sbom: Sbom, present: Installed[]): string[] {
  const id = (one: { name: string; version: string }) => `${one.name}@${one.version}`;
  const listed = new Set(sbom.components.map(id));
  const there = new Set(present.map(id));
  return [
    ...[...there].filter((one) => !listed.has(one)).map((one) => `${one} is not listed`),
    ...[...listed].filter((one) => !there.has(one)).map((one) => `${one} is not installed`),
    ...sbom.components
      .filter(({ licenses }) => !licenses?.some(({ license, expression }) => license?.id ?? expression))
      .map((one) => `${id(one)} has no licence`),
  ];
}

describe("the bill of materials", function () {
  let sbom: Sbom;
  before(() => {
    sbom = makeSbom(ROOT);
  });

  it("lists what is installed, in its version and with a licence, and nothing else", () => {
    assert.ok(installed().length > 100);
    assert.deepEqual(faults(sbom, installed()), []);
  });

  it("names the licence that the package itself names, or that lies in it", () => {
    for (const { name, folder } of installed())
      if (name in LICENCE_FILES) assert.match(readFileSync(join(folder, "LICENSE"), "utf8"), MIT_TEXT, name);
    const licences = new Map(
      installed().map(({ name, version, license }) => [`${name}@${version}`, license ?? LICENCE_FILES[name]]),
    );
    for (const { name, version, licenses } of sbom.components) {
      const [{ license, expression }] = licenses!;
      assert.equal(license?.id ?? expression, licences.get(`${name}@${version}`), name);
    }
  });

  it("is CycloneDX of this program, with the packages that each one needs", () => {
    assert.equal(sbom.bomFormat, "CycloneDX");
    assert.equal(sbom.metadata.component.name, "avnode");
    const refs = new Set([...sbom.components, sbom.metadata.component].map((one) => one["bom-ref"]));
    assert.equal(refs.size, sbom.components.length + 1, "a reference twice");
    for (const { ref, dependsOn } of sbom.dependencies)
      for (const one of [ref, ...dependsOn]) assert.ok(refs.has(one), one);
  });

  it("is the same twice, to the byte", () => {
    assert.equal(JSON.stringify(makeSbom(ROOT)), JSON.stringify(sbom));
    assert.ok(!JSON.stringify(sbom).includes(ROOT), "names this machine's folder");
  });

  describe("of another tree", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "avnode-sbom-"));
      const dependencies = { wrappy: "1.0.2", once: "1.4.0" };
      writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ name: "other", version: "1.0.0", dependencies }),
      );
      mkdirSync(join(folder, "node_modules"));
      for (const name of Object.keys(dependencies))
        cpSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it("lists that tree", () => {
      const other = makeSbom(folder);
      assert.deepEqual(
        other.components.map(({ name }) => name),
        ["once", "wrappy"],
      );
      assert.deepEqual(faults(other, installed(folder)), []);
    });

    it("names a package that goes by another name as what it is", () => {
      const alias = mkdtempSync(join(tmpdir(), "avnode-sbom-"));
      const dependencies = { innocent: "npm:wrappy@1.0.2" };
      writeFileSync(
        join(alias, "package.json"),
        JSON.stringify({ name: "alias", version: "1.0.0", dependencies }),
      );
      cpSync(join(ROOT, "node_modules/wrappy"), join(alias, "node_modules/innocent"), { recursive: true });
      assert.deepEqual(
        makeSbom(alias).components.map(({ name }) => name),
        ["wrappy"],
      );
      rmSync(alias, { recursive: true });
    });

    it("is told from a tree with a package more, one less, or another version of one", () => {
      const other = makeSbom(folder);
      const [once, wrappy] = installed(folder) as [Installed, Installed];
      const planted: Installed = { ...wrappy, name: "planted" };
      assert.deepEqual(faults(other, [once, wrappy, planted]), ["planted@1.0.2 is not listed"]);
      assert.deepEqual(faults(other, [once]), ["wrappy@1.0.2 is not installed"]);
      assert.equal(faults(other, [once, { ...wrappy, version: "1.0.3" }]).length, 2);
      delete other.components[0]!.licenses;
      assert.deepEqual(faults(other, [once, wrappy]), ["once@1.4.0 has no licence"]);
    });

    it("is not made of a tree from which something is missing", () => {
      rmSync(join(folder, "node_modules/wrappy"), { recursive: true });
      assert.throws(() => makeSbom(folder), SbomError);
    });
  });
});
