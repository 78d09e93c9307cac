import assert from "node:assert/strict";
import { addressOf, requireAllowed } from "../../../gateway/delivery/way";
import type { Way } from "../../../gateway/schema/delivery";

const fhir = (url: string, token?: string): Way => ({
  ...{ kind: "fhir", url },
  ...(token && { token: { url: token, clientId: "hub", clientSecret: "s3cret" } }),
});
const mail = (host: string, security: "tls" | "plain"): Way => ({
  ...{ kind: "mail", to: "a@b.example", from: "c@d.example", host, port: 25, security },
});
const dicom = (host: string): Way => ({
  ...{ kind: "dicom", host, port: 104, aeTitle: "ARCHIVE", callingAeTitle: "AVNODE" },
});

describe("a way to a recipient", () => {
  for (const [what, way] of [
    ["mail over TLS", mail("mail.example", "tls")],
    ["plain mail to a server in the house", mail("192.168.1.5", "plain")],
    ["a plain archive, which the owner chose", dicom("pacs.example")],
    ["a FHIR server over TLS", fhir("https://fhir.example/r4", "https://token.example/")],
    ["a plain FHIR server on this machine", fhir("http://127.0.0.1:8080/r4")],
  ] as const)
    it(`may be ${what}`, () => requireAllowed(way, false));

  // What the client of that server would refuse is refused before anybody agrees to it.
  for (const [what, way] of [
    ["plain mail to a server elsewhere", mail("mail.example", "plain")],
    ["a plain FHIR server in the house", fhir("http://192.168.1.5/r4")],
    ["a FHIR server whose tokens come without TLS", fhir("https://fhir.example/r4", "http://192.168.1.5/")],
  ] as const)
    it(`is never ${what}`, () => assert.throws(() => requireAllowed(way, false), { code: "OUTBOX_PLAIN" }));

  it("is told without what is asked of its URL, which may be a secret", () => {
    assert.equal(addressOf(fhir("https://fhir.example:8443/r4?key=s3cret")), "https://fhir.example:8443/r4");
  });

  it("leads a demo nowhere but to this machine", () => {
    for (const way of [mail("192.168.1.5", "tls"), dicom("pacs.example"), fhir("https://fhir.example/r4")])
      assert.throws(() => requireAllowed(way, true), { code: "OUTBOX_DEMO" });
    requireAllowed(fhir("https://127.0.0.1/r4", "https://[::1]/"), true);
  });
});
