/**
 * Loaded before the program: writes every connection, datagram, name look-up and child process that it asks for into the
 * file NETWORK_LOG, and lets none through that is not loopback. What asks below these modules, the kernel's trace sees.
 * Of sockets in the file system the one that NETWORK_OWN_SOCKET names is the program's own: asking it is no news.
 */
const fs = require("node:fs");
const net = require("node:net");
const dgram = require("node:dgram");
const dns = require("node:dns");
const children = require("node:child_process");

function note(kind, where) {
  fs.appendFileSync(process.env.NETWORK_LOG, `${kind} ${where}\n`);
  if (!/^(connect|datagram) 127\.0\.0\.1:/.test(`${kind} ${where}`))
    throw new Error(`the network hook lets no ${kind} to ${where} through`);
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...words) {
  // net.connect hands its words over as one array, already normalized.
  const [first, second] = Array.isArray(words[0]) ? words[0] : words;
  const options = typeof first === "object" && first !== null ? first : undefined;
  const path = options ? options.path : Number.isNaN(+first) ? first : undefined;
  if (typeof path === "string") {
    if (path !== process.env.NETWORK_OWN_SOCKET) note("pipe", path);
  } else if (options) note("connect", `${options.host ?? "localhost"}:${options.port}`);
  else note("connect", `${typeof second === "string" ? second : "localhost"}:${first}`);
  return connect.apply(this, words);
};
for (const name of ["send", "connect", "bind"]) {
  const original = dgram.Socket.prototype[name];
  dgram.Socket.prototype[name] = function (...words) {
    const at = words.findIndex((word) => typeof word === "number");
    const host = words.slice(at + 1).find((word) => typeof word === "string");
    note("datagram", `${host ?? "localhost"}:${words[at]}`);
    return original.apply(this, words);
  };
}
for (const module of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(module)) {
    if (!/^(lookup|resolve|reverse)/.test(name) || typeof module[name] !== "function") continue;
    const original = module[name];
    module[name] = function (host, ...words) {
      // An address needs no look-up; net asks all the same.
      if (!net.isIP(host)) note("name", host);
      return original.call(this, host, ...words);
    };
  }
for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) {
  children[name] = (command) => note("child", command);
}

// A plant: the test's own proof that it would see one.
const plants = {
  tcp: () => net.connect(9, "192.0.2.1"),
  tls: () => require("node:tls").connect({ host: "192.0.2.1", port: 443 }),
  https: () => require("node:https").get("https://192.0.2.1/"),
  fetch: () => fetch("http://192.0.2.1/"),
  udp: () => dgram.createSocket("udp4").send("x", 9, "192.0.2.1"),
  name: () => dns.lookup("updates.example", () => {}),
  resolver: () => new dns.promises.Resolver().resolve4("updates.example"),
  child: () => children.spawn("curl", ["http://192.0.2.1/"]),
  neighbour: () => net.connect(9, "127.0.0.1"),
  pipe: () => net.connect("/nowhere/elsewhere/hub.sock"),
};
if (process.env.NETWORK_PLANT)
  Promise.resolve()
    .then(() => plants[process.env.NETWORK_PLANT]())
    .catch(() => {});
