/** The transport, with sockets and without. */

export type { HandshakeProvider, PacketProtection, RetryTokens } from '../crypto/protection.ts';
export { HmacRetryTokens } from '../crypto/retry-tokens.ts';
export { ChannelStream, type ChannelStreamOptions } from '../net/channel-stream.ts';
export type { ConnectOptions } from '../net/connect.ts';
export { connect } from '../net/connect.ts';
export type { ListenOptions, ServerOptions, UdpServerEvents } from '../net/server.ts';
export { createServer, UdpServer } from '../net/server.ts';
export type { UdpConnectionEvents } from '../net/udp-connection.ts';
export { ConnectionError, UdpConnection } from '../net/udp-connection.ts';
export { ChannelKind, type SendOptions } from '../transport/channel.ts';
export type { TransportConfig } from '../transport/config.ts';
export { DEFAULT_TRANSPORT_CONFIG } from '../transport/config.ts';
export { Connection } from '../transport/connection.ts';
export type {
  CloseRequest,
  ConnectionEvent,
  ConnectionState,
} from '../transport/connection-event.ts';
export type { EndpointEvent, EndpointOptions } from '../transport/endpoint.ts';
export { Endpoint } from '../transport/endpoint.ts';
export type { CloseInfo } from '../transport/errors.ts';
export { TransportError } from '../transport/errors.ts';
export type { Address, Machine, Transmit } from '../transport/machine.ts';
export { formatAddress } from '../transport/machine.ts';
export type { TraceStep } from '../transport/message-trace.ts';
export type { ConnectionStats } from '../transport/stats.ts';
export { ARQ_NAMES, type ArqName } from '../wire/transport-parameters.ts';
