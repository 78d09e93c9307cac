/** What the protocol needs of a runtime's cryptography; injected, so that handheld, hub and browser each bring theirs. */
export interface Crypto {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA256 (RFC 2104), 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES-128-CCM (RFC 3610, M = 8, L = 2, no associated data): 16-byte key, 13-byte nonce; returns ciphertext ‖ 8-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array;
  /** The inverse; undefined when the tag does not verify. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** `length` unpredictable bytes. */
  random(length: number): Uint8Array;
}
