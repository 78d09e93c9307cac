/** The passphrases of a maker's keys, as whoever types them is asked. */
export const MAKER_PASSPHRASE = "passphrase of the maker's keys: ";
/** Of keys that were made under one for all, that one. */
export const RELEASE_PASSPHRASE = "passphrase of the release key: ";
