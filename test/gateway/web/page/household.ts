/** What the made-up hub says of people, copies, settings and of what left the house. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const consent = (now: number) => ({ who: "Anna Weiss", text: "May be sent.", at: now - DAY });
const toMailbox = (now: number) => ({
  ...{ id: 1, name: "Dr Lang", rule: "press", paused: false, consent: consent(now) },
  way: { kind: "mail", address: "lang@practice.example by mail.example:465", readable: false },
});
const toFolder = (now: number) => ({
  ...{ id: 2, name: "NAS", rule: "every", paused: true, consent: consent(now) },
  way: { kind: "folder", address: "/mnt/nas", readable: true },
});
const toDoctor = { recording: "r1", recipient: { id: 1, name: "Dr Lang", kind: "mail" } };
const times = (now: number) => ({ queuedAt: now - MINUTE, since: now - MINUTE });

/** Who is told what is wrong, and the newest messages. */
export const alertsOf = (now: number) => ({
  ways: [
    { id: 1, kind: "ntfy", address: "ntfy.example", tells: ["hub", "handheld", "finding"] },
    { id: 2, kind: "mail", address: "karl@home.example by mail.example:465", tells: ["hub"] },
  ],
  times: {
    quiet: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" },
    gatherMinutes: 5,
    silentHours: 24,
  },
  paused: false,
  watcher: { host: "watch.example", pingedAt: now - MINUTE },
  messages: [
    {
      way: 1,
      state: "accepted",
      at: now - MINUTE,
      lines: ["the disk is 81 % full: make room", "over again: no adapter"],
    },
    {
      way: 2,
      state: "waiting",
      at: now + MINUTE,
      lines: ["the disk is 81 % full: make room"],
      reason: "mail.example:465: ETIMEDOUT",
    },
  ],
});

/** @param now Unix ms */
export function household(now: number): Record<string, () => unknown> {
  const people = [
    { id: 1, name: "Anna Weiss", birthDate: "1951-04-02", recordings: 6, handhelds: ["00a1b2c3d4e5f607"] },
    { id: 2, name: "Karl Weiss", contact: "+49 30 1234", recordings: 1, handhelds: [] },
  ];
  return {
    "GET /api/setup": () => ({ password: true, open: false }),
    "GET /api/setup/steps": () => ({ steps: [] }),
    "PUT /api/setup/steps/claim": () => ({}),
    "PUT /api/setup/steps/recovery": () => ({}),
    "POST /api/recovery-code": () => ({ code: "avr1 k3f9 2m7q x8wd 5tzn 4c6h p0sr 9b1v e7ya", at: now }),
    "POST /api/setup/password": () => ({ role: "owner", csrf: "00", demo: true }),
    "PUT /api/password": () => ({}),
    "GET /api/people": () => ({ people }),
    "POST /api/people": () => people[0],
    "GET /api/backups": () => ({
      copies: [
        {
          place: "/media/stick/avnode",
          kind: "backup",
          at: now - DAY,
          verifiedAt: now - DAY,
          ok: true,
          late: false,
          detail: "",
        },
        {
          place: "cellar",
          kind: "mirror",
          at: now - MINUTE,
          ok: false,
          late: true,
          detail: "no answer from cellar",
        },
      ],
      places: [{ dir: "/media/stick/avnode", freeBytes: 58e9, known: true }],
      schedule: { dir: "/media/stick/avnode", everyHours: 24 },
      recoveryCode: true,
      run: { dir: "/media/stick/avnode", state: "done", startedAt: now - DAY, endedAt: now - DAY },
    }),
    "POST /api/backups": () => ({}),
    "GET /api/settings": () => ({
      settings: { name: "hall", homeAssistant: { discovery: true, values: true } },
      file: "/etc/avnode/avnode.yaml",
      writable: true,
      pending: false,
    }),
    "PUT /api/settings": () => ({
      settings: { name: "attic" },
      file: "/etc/avnode/avnode.yaml",
      writable: true,
      pending: true,
    }),
    "GET /api/recipients": () => ({ recipients: [toMailbox(now), toFolder(now)] }),
    "POST /api/recipients": () => toFolder(now),
    "PUT /api/recipients/1/rule": () => toMailbox(now),
    "DELETE /api/recipients/1": () => ({}),
    "POST /api/recipients/1/test": () => ({ accepted: true }),
    "POST /api/recipients/2/test": () => ({ accepted: false, reason: "/mnt/nas is not there" }),
    "GET /api/deliveries": () => ({
      deliveries: [
        {
          ...toDoctor,
          id: 3,
          state: "queued",
          attempts: 2,
          ...times(now),
          nextAt: now + 4 * MINUTE,
          reason: "no network",
        },
        { ...toDoctor, id: 2, state: "bounced", attempts: 1, ...times(now), reason: "550 no such mailbox" },
        { ...toDoctor, id: 1, state: "accepted", attempts: 1, ...times(now) },
      ],
    }),
    "DELETE /api/deliveries/3": () => ({
      ...toDoctor,
      id: 3,
      state: "withdrawn",
      attempts: 2,
      ...times(now),
    }),
    "POST /api/deliveries/1/return": () => ({
      ...toDoctor,
      id: 1,
      state: "bounced",
      attempts: 1,
      ...times(now),
      reason: "it came back",
    }),
    "POST /api/recordings/r1/deliveries": () => ({
      ...toDoctor,
      id: 4,
      state: "queued",
      attempts: 0,
      ...times(now),
    }),
    "GET /api/alerts": () => alertsOf(now),
    "PUT /api/alerts/times": () => alertsOf(now),
    "POST /api/alerts/ways": () => alertsOf(now),
    "PUT /api/alerts/ways/1/tells": () => alertsOf(now),
    "DELETE /api/alerts/ways/1": () => ({}),
    "POST /api/alerts/ways/1/test": () => ({ accepted: true }),
    "POST /api/alerts/ways/2/test": () => ({ accepted: false, reason: "535 wrong password" }),
    "PUT /api/alerts/watcher": () => alertsOf(now),
    "POST /api/alerts/watcher/test": () => ({ accepted: false, reason: "the hub is not well" }),
    "GET /api/egress": () => ({
      entries: [
        {
          id: 2,
          kind: "link",
          at: now - 40 * MINUTE,
          until: now - 5 * MINUTE,
          count: 3,
          to: "Dr Weiss",
          address: "192.0.2.7",
          recording: "r1",
        },
        {
          id: 1,
          kind: "export",
          at: now - 2 * DAY,
          until: now - 2 * DAY,
          count: 1,
          to: "owner",
          address: "192.0.2.3",
          recording: "r1",
          detail: "csv",
        },
      ],
      standing: [
        { kind: "mirror", to: "cellar", readable: false, at: now - MINUTE },
        { kind: "homeassistant", to: "mqtt://192.0.2.9", readable: true },
      ],
    }),
    "GET /api/nearby": () => ({ nearby: [{ name: "avnode 7f3a", distance: "very near", heardAt: now }] }),
    "POST /api/claims": () => ({ claim: 3 }),
    "POST /api/claims/photo": () => ({ claim: 3 }),
    "GET /api/claims/3": () => ({ state: "waiting", until: now + MINUTE }),
    "DELETE /api/claims/3": () => ({}),
    "GET /api/recordings/r1/whereabouts": () => ({
      handheld: { holds: "freed", at: now },
      hub: { frames: 30, holes: 0, complete: true, firstAt: now - MINUTE, lastAt: now, loggedAt: now },
      copies: [{ place: "/media/stick/avnode", kind: "backup", holds: "all", at: now }],
      doctors: [
        { label: "Dr Weiss", sentAt: now - DAY, expiresAt: now + 6 * DAY, openedAt: now - 40 * MINUTE },
      ],
    }),
    "GET /api/links": () => ({
      links: [
        { id: "l1", recording: "r1", label: "Dr Weiss", createdAt: now - DAY, expiresAt: now + 6 * DAY },
      ],
    }),
    "POST /api/links": () => ({
      id: "l2",
      recording: "r1",
      createdAt: now,
      expiresAt: now + DAY,
      address: "http://192.0.2.2:8480/link#abcdefghijklmnopqrstuvwxyz012345",
    }),
    "DELETE /api/links/l1": () => ({}),
    "GET /api/link": () => ({ recording: "r1", expiresAt: now + DAY, demo: true }),
    "POST /api/recordings/r1/verify": () => ({
      ok: true,
      verdict: "authentic",
      notes: ["simulated"],
      problems: [],
      frames: 30,
      samples: 7500,
      store: { notes: [], problems: [], missing: [] },
    }),
    "GET /api/diagnostics": () => ({ type: "avnode/diagnostics", v: 1, at: now }),
  };
}
