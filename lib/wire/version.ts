/**
 * The one version of the protocol that exists: "udp" and a draft number (spec/protocol section
 * 2.2).
 */
export const VERSION = 0x75647001;

/** The version field of a version negotiation packet (RFC 8999 section 6). */
export const VERSION_NEGOTIATION = 0;
