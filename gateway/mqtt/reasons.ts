/** Why a broker elsewhere is not reached, and what to do about it, in a line. */

const FOREIGN =
  "its certificate is not signed by the CA that is trusted here: give that CA's certificate as broker.ca in --config FILE";

const REASONS: Record<string, string> = {
  SELF_SIGNED_CERT_IN_CHAIN: FOREIGN,
  DEPTH_ZERO_SELF_SIGNED_CERT: FOREIGN,
  UNABLE_TO_GET_ISSUER_CERT: FOREIGN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: FOREIGN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: FOREIGN,
  CERT_SIGNATURE_FAILURE: FOREIGN,
  CERT_HAS_EXPIRED: "its certificate has expired: renew it on the broker",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: set this machine's clock, or renew it on the broker",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for another host: write in broker.url the name that the certificate bears",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    "it wants a client certificate: give broker.cert and broker.key in --config FILE",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "it does not trust the CA of this hub's client certificate: have broker.cert signed by the broker's CA",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    "it refused the TLS handshake: give broker.cert and broker.key if it wants a client certificate",
  EPROTO: "it does not speak TLS on that port, or none that is spoken here: correct broker.url",
  ECONNRESET: "it ended the connection at once: if it does not speak TLS on that port, correct broker.url",
  ENOTFOUND: "its host name is not known here: correct broker.url",
  ECONNREFUSED: "nobody listens there: start it, or correct broker.url",
};

/** MQTT 3.1.1 §3.2.2.3: bad user name or password, not authorized. */
const CREDENTIALS = [4, 5];

export function reasonOf(error: Error & { code?: string | number }): string {
  if (typeof error.code === "number" && CREDENTIALS.includes(error.code))
    return "it refuses this user: give its broker.username and broker.password in --config FILE";
  const known = REASONS[String(error.code)];
  return known === undefined ? error.message.split("\n")[0]! : `${known} (${error.code})`;
}
