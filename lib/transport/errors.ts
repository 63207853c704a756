import { NOISE_VERSION, PLAINTEXT_VERSION } from '../wire/version.ts';

/** Codes of a CLOSE that the transport itself sends: QUIC's numbers (RFC 9000 section 20.1). */
export const TransportErrorCode = {
  noError: 0x00,
  internalError: 0x01,
  connectionRefused: 0x02,
  flowControlError: 0x03,
  channelLimitError: 0x04,
  frameEncodingError: 0x07,
  transportParameterError: 0x08,
  protocolViolation: 0x0a,
  aeadLimitReached: 0x0f,
  versionNegotiationError: 0x11,
  /** Not one of QUIC's, and never sent: we do not accept the peer's static key. */
  peerKeyRefused: 0x20,
  /** Not one of QUIC's, and never sent: one side wants encryption and the other plaintext. */
  protectionMismatch: 0x21,
  /** Not one of QUIC's, and never sent: the server has forgotten the connection. */
  statelessReset: 0x22,
} as const;

/** Applications number their own close codes from here. */
export const APPLICATION_CODES = 0x100;

/** What the peer did wrong: the code and reason of the CLOSE that it gets for it. */
export interface PeerError {
  readonly code: number;
  readonly reason: string;
}

export const MALFORMED_FRAME: PeerError = {
  code: TransportErrorCode.frameEncodingError,
  reason: 'a frame that makes no sense',
};

export const TOO_MANY_FORGERIES: PeerError = {
  code: TransportErrorCode.aeadLimitReached,
  reason: 'too many packets that did not open',
};

/** The server has proven that it does not know the connection any more. */
export const STATELESS_RESET: PeerError = {
  code: TransportErrorCode.statelessReset,
  reason: 'the server does not know this connection any more',
};

export const PEER_KEY_REFUSED: PeerError = {
  code: TransportErrorCode.peerKeyRefused,
  reason: "the server's key is not the one that is known",
};

export const EMPTY_PACKET: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'a packet without frames',
};

export const ACK_OF_UNSENT: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'an acknowledgement of a packet that was never sent',
};

export const UNSUPPORTED_RESET: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'RESET_CHANNEL is not part of this version',
};

/** Why a client does not go on with a server that speaks only these versions. */
export function versionError(offered: readonly number[], wanted: number): PeerError {
  const code = TransportErrorCode.protectionMismatch;
  if (wanted === NOISE_VERSION && offered.includes(PLAINTEXT_VERSION)) {
    return { code, reason: 'the server speaks plaintext only, and we insist on encryption' };
  }
  if (wanted === PLAINTEXT_VERSION && offered.includes(NOISE_VERSION)) {
    return { code, reason: 'the server speaks encrypted only, and we asked for plaintext' };
  }
  return {
    code: TransportErrorCode.versionNegotiationError,
    reason: 'the server does not speak this version of the protocol',
  };
}

/** How a connection ended. */
export interface CloseInfo {
  /**
   * `local`: we closed. `peer`: a CLOSE came. `timeout`: no answer, in the handshake or for too
   * long after it. `error`: the peer broke the protocol, or refused our version.
   */
  readonly by: 'local' | 'peer' | 'timeout' | 'error';
  readonly code: number;
  /** From the peer when `by` is `peer`: untrusted text. */
  readonly reason: string;
}

/** A call that cannot be carried out. `code` is stable; the message is for people. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: 'ERR_CLOSED' | 'ERR_MESSAGE_TOO_LONG' | 'ERR_SEND_BUFFER_FULL' | 'ERR_CHANNEL';

  constructor(code: TransportError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
