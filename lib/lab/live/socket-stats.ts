import { noStats, type SenderStats } from '../run-result.ts';

/** Reads what `ss -ti` of iproute2 prints of one TCP socket; what it leaves out is 0. */
export function parseSocketStats(text: string): SenderStats {
  const figure = (name: string, part = 0): number => {
    const [, value = ''] = new RegExp(`(?:^|\\s)${name}:(\\S+)`).exec(text) ?? [];
    const number = Number(value.split('/')[part]);
    return Number.isFinite(number) ? number : 0;
  };
  const mss = figure('mss');
  return {
    ...noStats('tcp'),
    srtt: figure('rtt'),
    minRtt: figure('minrtt'),
    rto: figure('rto'),
    cwnd: figure('cwnd') * mss,
    bytesInFlight: figure('unacked') * mss,
    packetsSent: figure('segs_out'),
    packetsLost: figure('retrans', 1),
    retransmits: figure('retrans', 1),
  };
}
