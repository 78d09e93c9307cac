/** The data directory's own files, which a backup, a disk or a hand may have damaged. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { brokerUsersPath, loadBrokerUsers, roleOf } from "../../../gateway/mqtt/users";
import { Keyring } from "../../../gateway/store/keyring";
import type { Target } from "../target";
import { scratch } from "./scratch";

const KEYRING = {
  storeId: "50".repeat(8),
  generation: "a0".repeat(8),
  wrapKey: "01".repeat(32),
  macKey: "02".repeat(32),
  signKey: "03".repeat(32),
};

const keyring: Target = {
  name: "keyring",
  seeds: () =>
    [
      KEYRING,
      { ...KEYRING, backupKey: "04".repeat(32), backupSalt: "05".repeat(16) },
      [],
      null,
      { storeId: {} },
    ].map((value) => Buffer.from(JSON.stringify(value))),
  words: ["null", "{}", "[]", "__proto__", '"toString":1,', "\\u0000", ...Object.keys(KEYRING)],
  maxBytes: 1000,
  codes: /^STORE_KEYRING_FORM$/,
  run(bytes) {
    const dir = scratch();
    writeFileSync(Keyring.path(dir), bytes, { mode: 0o600 });
    const read = Keyring.load(dir);
    if (read.storeId.length !== 8 || read.generation.length !== 8)
      throw new Error("has keys of another length");
    read.unwrap(read.wrap(bytes, "test"), "test");
    read.mac(join("a", "b"));
    return true;
  },
};

const USERS = {
  relay: { username: "relay", password: "a".repeat(43) },
  store: { username: "store", password: "b".repeat(43) },
};

const brokerUsers: Target = {
  name: "brokerUsers",
  seeds: () =>
    [
      USERS,
      { relay: USERS.relay },
      null,
      { ...USERS, store: { username: "store", password: new Array(40).fill(1) } },
    ].map((value) => Buffer.from(JSON.stringify(value))),
  words: ['"length":', "{", "}", "99", "null", ...Object.keys(USERS)],
  maxBytes: 1000,
  codes: /^BROKER_USERS_FORM$/,
  run(bytes) {
    const dir = scratch();
    writeFileSync(brokerUsersPath(dir), bytes, { mode: 0o600 });
    const users = loadBrokerUsers(dir);
    if (roleOf(users, "store", users.store.password) !== "store") throw new Error("knows no store");
    if (roleOf(users, "store", "") !== undefined) throw new Error("asks for no password");
    return true;
  },
};

export const files: Target[] = [keyring, brokerUsers];
