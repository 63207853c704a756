/**
 * The versions of the protocol: "udp" and a draft number (spec/protocol section 2.2). They differ
 * in how packets are protected, and in nothing else, so a peer that wants one of them can't be
 * talked into the other.
 */
export const PLAINTEXT_VERSION = 0x75647001;
export const NOISE_VERSION = 0x75647002;

/** The version field of a version negotiation packet (RFC 8999 section 6). */
export const VERSION_NEGOTIATION = 0;

/** Whether packets of this version look as ours do. */
export function isKnownVersion(version: number): boolean {
  return version === PLAINTEXT_VERSION || version === NOISE_VERSION;
}
