/** The hub as a systemd service, allowed what it needs and no more (systemd.exec(5), systemd.service(5)). */
import type { Role } from "../roles";

/** ProtectHome= and PrivateTmp= keep these from the service. */
const HIDDEN = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];
/** StateDirectory=avnode */
const STATE = "/var/lib/avnode";
/** What systemd reads as more than itself in a path: separators, quotes, escapes, specifiers, variables. */
const SPECIAL = /[\s"'\\%$\p{Cc}]/u;

export interface UnitOptions {
  /** Absolute paths: Node, the program, and its configuration where there is one. */
  node: string;
  program: string;
  config?: string;
  roles: Role[];
  /** Absolute; what systemd keeps for the service unless the configuration names another. */
  dataDir?: string;
  /** Absolute folders outside /var/lib/avnode, dataDir among them, that it writes to. */
  writes: string[];
}

/** @returns why a service cannot use this path, as the end of a sentence; nothing where it can */
export function unusable(path: string): string | undefined {
  if (!path.startsWith("/")) return "is not absolute";
  const hidden = HIDDEN.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (hidden) return `is under ${hidden}, which the service does not see`;
  return SPECIAL.test(path) ? "has a space or another character that systemd reads as its own" : undefined;
}

/** The unit's text. Every path must be usable. */
export function unitText({ node, program, config, roles, dataDir = STATE, writes }: UnitOptions): string {
  const hasRadio = roles.includes("relay");
  const rights = hasRadio ? "CAP_NET_RAW CAP_NET_ADMIN" : "";
  const options = ["--role", roles.join(","), ...(config === undefined ? [] : ["--config", config])];
  const start = [node, program, "start", ...options];
  const own =
    config === undefined ? "" : `\n# ${config} and what it names must be readable by the user avnode.`;
  const writable =
    writes.length === 0
      ? ""
      : `# One that is missing is left out, so that a stick not yet there stops nothing.
ReadWritePaths=${writes.map((folder) => `-${folder}`).join(" ")}
`;
  return `# Written by 'avnode service'. As root, once:
#   useradd --system --home-dir ${STATE} --shell /usr/sbin/nologin avnode
#   ${[node, program, "service", ...options].join(" ")} > /etc/systemd/system/avnode.service
#   systemctl daemon-reload && systemctl enable --now avnode
# Commands run as its user: sudo -u avnode ${node} ${program} status --data ${dataDir}${own}
[Unit]
Description=avnode ECG hub (${roles.join(", ")})
After=network.target${hasRadio ? " bluetooth.service" : ""}
# It is tried again for ever: a hub that gave up records nothing.
StartLimitIntervalSec=0

[Service]
ExecStart=${start.join(" ")}
# A user that stays: files that a command makes as this user are the hub's, too. DynamicUser= has none to run it as.
User=avnode
StateDirectory=avnode
StateDirectoryMode=0700
UMask=0077
${writable}# systemd-notify speaks for the hub, from a process of its own.
Type=notify
NotifyAccess=all
WatchdogSec=120
# A store that lost its power reads itself through before it is ready.
TimeoutStartSec=900
Restart=always
RestartSec=5
# 2 is wrong use: the same words fail again.
RestartPreventExitStatus=2

# ${hasRadio ? "The radio needs two rights of root's, the rest none." : "No right of root's at all."}
CapabilityBoundingSet=${rights}
AmbientCapabilities=${rights}
NoNewPrivileges=yes
${hasRadio ? "# No PrivateUsers=: those rights would not reach the adapters. No ProtectProc=: it looks whether bluetoothd runs." : "PrivateUsers=yes\nProtectProc=invisible"}
# AF_NETLINK: Node lists the machine's addresses by it.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK${hasRadio ? " AF_BLUETOOTH" : ""}
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute=: V8 compiles JavaScript to machine code while it runs.
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private

[Install]
WantedBy=multi-user.target
`;
}
