import type { ArqName } from '../wire/transport-parameters.ts';

/** What the formulas need to know of a path and a sender. Times in ms. */
export interface PathModel {
  /** Share of datagrams lost, each way, 0..1. */
  readonly loss: number;
  /** Round trip of a full packet without queueing. */
  readonly rtt: number;
  /** Timeout of the textbook's ARQs. */
  readonly rto: number;
  /** Packets in the window of go-back-n and selective repeat. */
  readonly window: number;
  /** Bits of message in a packet. */
  readonly bits: number;
  /** Bits a second that the path carries, headers included; Infinity for no limit. */
  readonly rate: number;
}

/** Mathis et al. 1997: the constant for periodic loss and an ack for each packet. */
const MATHIS = Math.sqrt(3 / 2);

/**
 * Goodput in bits a second as the textbook has it (Kurose and Ross 3.4; Stallings 7.2; Tanenbaum
 * 3.4), with the timeout that a sender really has and with acknowledgements that get lost too;
 * undefined for `modern`, which has no formula.
 */
export function textbookGoodput(arq: ArqName, path: PathModel): number | undefined {
  const perSecond = packetsPerMs(arq, path);
  if (perSecond === undefined) return undefined;
  return Math.min(perSecond * 1000 * path.bits, path.rate * (1 - path.loss));
}

/** Kernel TCP with loss as its only sign of congestion (Mathis et al., CCR 27(3), 1997). */
export function mathisGoodput({ loss, rtt, bits, rate }: PathModel): number {
  if (loss === 0) return rate;
  return Math.min((bits / (rtt / 1000)) * (MATHIS / Math.sqrt(loss)), rate);
}

function packetsPerMs(arq: ArqName, path: PathModel): number | undefined {
  const { loss, rtt, rto, window } = path;
  const arrives = 1 - loss;
  switch (arq) {
    case 'stop-and-wait': {
      // Each try that fails, in either direction, costs a timeout; the last one a round trip.
      const success = arrives * arrives;
      return 1 / ((1 / success - 1) * rto + rtt);
    }
    case 'go-back-n': {
      // Evenly spaced packets: a lost one wastes all that is sent until its timeout; a lost
      // acknowledgement, when the next one comes too late, one packet.
      const spacing = rtt / window;
      const unacked = 1 - ackArrives(path);
      const each = spacing + arrives * unacked * spacing;
      return arrives / (arrives * each + loss * rto);
    }
    case 'selective-repeat': {
      // Each place in the window is busy for a round trip, or for a timeout; each packet needs an
      // acknowledgement of its own.
      const success = arrives * arrives;
      return (window * success) / (success * rtt + (1 - success) * rto);
    }
    case 'modern':
      return undefined;
  }
}

/**
 * Chance that one of the acknowledgements that cover a packet comes before its timeout: each says
 * all that the ones before said, and they come as far apart as packets are sent.
 */
function ackArrives({ loss, rtt, rto, window }: PathModel): number {
  const inTime = 1 + Math.floor((rto - rtt) / (rtt / window));
  return 1 - loss ** inTime;
}
