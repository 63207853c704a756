/** Every bound of traces: unit, value, reason. */

/** Bytes after which a trace file ends: what Wireshark still opens, and no disk is filled by it. */
export const TRACE_BYTES_MAX: number = 1024 * 1024 * 1024;

/** Bytes that wait for the disk at most before they are written: one write for many packets. */
export const TRACE_BUFFER_MAX: number = 256 * 1024;

/** ms that a record waits for others at most: what a kill may take from a trace. */
export const TRACE_FLUSH_INTERVAL = 100;

/** Messages of which transmissions are counted, newest: more than any window lets be on the way. */
export const TRACED_MESSAGES_MAX = 65_536;

/**
 * Bytes of datagrams that each end of a run on real sockets keeps for its trace: a bulk run of a
 * minute at 16 Mbit/s. What is beyond is not in the trace.
 */
export const LIVE_TRACE_BYTES_MAX: number = 128 * 1024 * 1024;

/** ms between two looks at the figures of a connection: as often as the lab's samples. */
export const METRICS_INTERVAL = 10;

/** Bytes of a line of a trace at most when it is read: a packet's frames need a few hundred. */
export const TRACE_LINE_MAX: number = 64 * 1024;
