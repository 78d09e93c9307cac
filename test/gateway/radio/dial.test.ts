import assert from "node:assert/strict";
import type { SinonFakeTimers } from "sinon";
import type { Clock } from "../../../gateway/clock";
import { CentralError } from "../../../gateway/radio/central";
import { DIAL_LIMITS, DialError, dial, type OpenLink } from "../../../gateway/radio/dial";
import type { CloseCause } from "../../../gateway/radio/radio";
import { ownTime } from "../../owntime";
import { FakeCentral, FakeLink } from "./central";

const ADDRESS = "c0:ff:ee:00:00:01";
const STEPS: { cause: CloseCause; call: string; ms: number; before: string[] }[] = [
  { cause: "mtu", call: "exchangeMtu", ms: DIAL_LIMITS.mtuMs, before: [] },
  { cause: "discovery", call: "discover", ms: DIAL_LIMITS.discoveryMs, before: ["exchangeMtu"] },
  { cause: "subscribe", call: "subscribe", ms: DIAL_LIMITS.subscribeMs, before: ["exchangeMtu", "discover"] },
];

describe("dialling", () => {
  let time: SinonFakeTimers;
  let clock: Clock;
  let central: FakeCentral;

  beforeEach(() => {
    ({ time, clock } = ownTime());
    central = new FakeCentral();
  });
  afterEach(() => assert.equal(time.countTimers(), 0));

  interface Outcome {
    open?: OpenLink;
    error?: DialError;
  }

  /** Reads it anew: it changes while time passes. */
  const failure = (outcome: Outcome): DialError | undefined => outcome.error;

  function dialled(signal?: AbortSignal): Outcome {
    const outcome: Outcome = {};
    dial(central, ADDRESS, DIAL_LIMITS, clock, signal).then(
      (open) => (outcome.open = open),
      (error) => (outcome.error = error),
    );
    return outcome;
  }

  async function connected(link: FakeLink): Promise<Outcome> {
    const outcome = dialled();
    central.connecting!.resolve(link);
    await time.tickAsync(0);
    return outcome;
  }

  it("opens a link, and keeps what comes before anybody takes it over", async () => {
    const link = new FakeLink(ADDRESS, ["exchangeMtu", "discover"]);
    const outcome = await connected(link);
    link.answers.subscribe.resolve();
    link.onNotification(new Uint8Array([7]));
    await time.tickAsync(0);
    assert.deepEqual(outcome.open?.early, [new Uint8Array([7])]);
    link.onClosed(0x13);
    assert.deepEqual(outcome.open?.ended, { reason: 0x13 });
    assert.equal(link.disconnects, 0);
  });

  it("takes a link that ended as its last step did for one that ended", async () => {
    const link = new FakeLink(ADDRESS, ["exchangeMtu", "discover"]);
    const outcome = await connected(link);
    link.answers.subscribe.resolve();
    link.onClosed(0x13);
    await time.tickAsync(0);
    assert.deepEqual([outcome.error?.cause, outcome.error?.reason], ["subscribe", 0x13]);
  });

  it("gives a connect up that never settles, and puts out the link that comes of it later", async () => {
    const outcome = dialled();
    await time.tickAsync(DIAL_LIMITS.connectMs - 1);
    assert.equal(failure(outcome), undefined);
    await time.tickAsync(1);
    assert.equal(failure(outcome)?.cause, "connect");
    assert.deepEqual(central.cancelled, [ADDRESS]);
    const late = new FakeLink(ADDRESS);
    central.connecting!.resolve(late);
    await time.tickAsync(0);
    assert.equal(late.disconnects, 1);
  });

  it("says what the stack said when it refused", async () => {
    const outcome = dialled();
    central.connecting!.reject(new CentralError("CONNECT_FAILED", "no such thing", { reason: 0x09 }));
    await time.tickAsync(0);
    assert.equal(outcome.error?.cause, "connect");
    assert.match(outcome.error!.message, /CONNECT_FAILED, no such thing/);
    // The radio learns from it how many links a controller bears.
    assert.equal(outcome.error!.reason, 0x09);
  });

  for (const { cause, call, ms, before } of STEPS) {
    it(`names ${cause} when it never settles, and lets go of the link; its late end changes nothing`, async () => {
      const link = new FakeLink(ADDRESS, before);
      const outcome = await connected(link);
      await time.tickAsync(ms - 1);
      assert.equal(failure(outcome), undefined);
      await time.tickAsync(1);
      assert.ok(failure(outcome) instanceof DialError);
      assert.equal(failure(outcome)?.cause, cause);
      assert.equal(link.disconnects, 1);
      link.answers[call].resolve();
      link.onClosed(0x08);
      await time.tickAsync(0);
      assert.equal(link.disconnects, 1);
    });

    it(`names ${cause} when it fails`, async () => {
      const link = new FakeLink(ADDRESS, before);
      const outcome = await connected(link);
      link.answers[call].reject(new CentralError("ATT_03", "no"));
      await time.tickAsync(0);
      assert.equal(outcome.error?.cause, cause);
      assert.equal(link.disconnects, 1);
    });

    it(`names ${cause} and the reason when the link ends within it, and does not end it again`, async () => {
      const link = new FakeLink(ADDRESS, before);
      const outcome = await connected(link);
      link.onClosed(0x3e);
      await time.tickAsync(0);
      assert.deepEqual([outcome.error?.cause, outcome.error?.reason], [cause, 0x3e]);
      assert.equal(link.disconnects, 0);
    });
  }

  it("stops within a step, and before the first", async () => {
    const stopping = new AbortController();
    const outcome = dialled(stopping.signal);
    await time.tickAsync(100);
    stopping.abort();
    await time.tickAsync(0);
    assert.equal(outcome.error?.cause, "stopping");
    assert.deepEqual(central.cancelled, [ADDRESS]);
    const second = dialled(stopping.signal);
    await time.tickAsync(0);
    assert.equal(second.error?.cause, "stopping");
  });
});
