import assert from "node:assert/strict";
import { listenFault } from "../../gateway/ports";

const fault = (code: string) => Object.assign(new Error(`listen ${code}`), { code });

describe("a port that cannot be had", () => {
  it("is named with its key, where the port is the cause, and the host where that is", () => {
    const of = (code: string, key: "broker" | "web") => listenFault(fault(code), "127.0.0.1", 80, key);
    assert.match(
      of("EADDRINUSE", "broker"),
      /^another program has port 80 of 127\.0\.0\.1\. .* broker\.port /,
    );
    assert.match(of("EACCES", "web"), /^this program may not use port 80\. .* web\.port /);
    assert.match(of("EADDRNOTAVAIL", "web"), /^listen EADDRNOTAVAIL\. Correct web\.host /);
  });
});
