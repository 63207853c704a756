import type { Address } from '../../transport/machine.ts';
import type { DatagramFate } from '../checker.ts';
import type { PacketView } from '../packet-view.ts';

/** An end of a connection, at which a trace is taken. */
export type Vantage = 'client' | 'server';

/** A datagram that was sent by the end at `vantage`, or arrived there. */
export interface PacketEvent {
  readonly type: 'packet';
  /** ms since the trace began. */
  readonly at: number;
  readonly vantage: Vantage;
  readonly event: 'sent' | 'received';
  readonly from: Address;
  readonly to: Address;
  /** As on the wire; valid during the call only. */
  readonly bytes: Uint8Array;
  /** What it says, as far as this end can open it. */
  readonly view: PacketView;
  /** What the network did to it, where that is known: in the lab, of what was sent. */
  readonly fate?: DatagramFate;
}

/** Figures of the connection at `vantage`. Times in ms, sizes in bytes. */
export interface MetricsEvent {
  readonly type: 'metrics';
  readonly at: number;
  readonly srtt: number;
  readonly rto: number;
  readonly cwnd: number;
  readonly inFlight: number;
}

/** The sender takes a packet for lost, which may be wrong. */
export interface LostEvent {
  readonly type: 'lost';
  readonly at: number;
  readonly number: number;
}

/** In the lab: the other end got a message, in order. */
export interface DeliveredEvent {
  readonly type: 'delivered';
  readonly at: number;
  /** Which one, from 0. */
  readonly message: number;
  /** ms since it was handed in. */
  readonly latency: number;
}

/** One record of a trace. */
export type TraceEvent = PacketEvent | MetricsEvent | LostEvent | DeliveredEvent;

/** What a trace says about itself. */
export interface TraceHead {
  /** The program, with its version. */
  readonly program: string;
  /** The ends whose packets are in it; the first is the one that the figures belong to. */
  readonly vantages: readonly [Vantage, ...Vantage[]];
  /** Wall clock at time 0, ms since 1970; absent in virtual time, which has none. */
  readonly epochMs?: number;
  /** What makes this run again, as plain JSON; absent where nothing would. */
  readonly scenario?: Readonly<Record<string, unknown>>;
}

/** Writes one form of trace: whole records, one call each. Has no clock and no file. */
export interface TraceForm {
  begin(head: TraceHead): Uint8Array;
  /** Nothing when this form has no record for such an event. */
  record(event: TraceEvent): Uint8Array;
  end(): Uint8Array;
}
