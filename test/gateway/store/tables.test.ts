import assert from "node:assert/strict";
import { decodeCertificate } from "../../../protocol/certificate";
import { decodeDossier, encodeDossier } from "../../../protocol/dossier";
import { signingHandheld } from "./handheld";
import { Rig } from "./rig";

describe("public tables", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it("are taken from a dossier that a known maker's certificate proves, and from no other", () => {
    const dossier = decodeDossier(signingHandheld(1).dossier!);
    // The certificate's last bytes are its maker's signature.
    const certificate = Uint8Array.from(dossier.certificate);
    certificate[certificate.length - 1] ^= 1;
    assert.throws(() => rig.store.addDossier(encodeDossier({ ...dossier, certificate })), {
      code: "STORE_CERTIFICATE",
      message: /Ask the maker/,
    });
    const other = decodeDossier(signingHandheld(2).dossier!);
    assert.throws(() => rig.store.addDossier(encodeDossier({ ...dossier, leaves: other.leaves })), {
      code: "DOSSIER_ROOT",
    });
    assert.throws(() => rig.store.claim(new Uint8Array(16), { dossier: new Uint8Array(3) }), {
      code: /^CBOR_/,
    });
    assert.equal(rig.store["db"].prepare("SELECT count(*) FROM tables").pluck().get(), 0);
    rig.store.addDossier(encodeDossier(dossier));
    rig.store.addDossier(encodeDossier(dossier));
    assert.equal(rig.store["db"].prepare("SELECT count(*) FROM tables").pluck().get(), 1);
    assert.deepEqual(decodeCertificate(dossier.certificate).trees.length, 1);
  });
});
