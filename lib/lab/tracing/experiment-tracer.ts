import { plaintext } from '../../crypto/plaintext.ts';
import type { HandshakeProvider } from '../../crypto/protection.ts';
import type { Address, Machine } from '../../transport/machine.ts';
import type { PacketObserver } from '../../transport/message-trace.ts';
import type { Datagram } from '../checker.ts';
import { viewPacket } from '../packet-view.ts';
import type { PacketRecord } from '../recorder.ts';
import type { TraceEvent, Vantage } from './event.ts';
import { PacketTap } from './packet-tap.ts';
import { TracedMachine } from './traced-machine.ts';

/**
 * Both ends of an experiment, as one trace: what was sent with what the network did to it, and
 * what arrived with whether it opened.
 */
export class ExperimentTracer {
  readonly #take: (event: TraceEvent) => void;
  readonly #taps = { client: new PacketTap(), server: new PacketTap() };

  constructor(take: (event: TraceEvent) => void) {
    this.#take = take;
  }

  /** `plaintext`, watched at one end. */
  handshakes(vantage: Vantage): HandshakeProvider {
    return this.#taps[vantage].watch(plaintext);
  }

  /** Sees what the sender takes for lost. */
  get observer(): PacketObserver {
    return {
      onSent: () => {},
      onAcked: () => {},
      onLost: (at, { number }) => this.#take({ type: 'lost', at, number }),
    };
  }

  /** The machine of one end, watched for what it gets: only it knows what opens. */
  watch(vantage: Vantage, machine: Machine, address: Address): Machine {
    return new TracedMachine(machine, {
      vantage,
      tap: this.#taps[vantage],
      since: 0,
      local: () => address,
      take: (event) => {
        if (event.type === 'packet' && event.event === 'received') this.#take(event);
      },
    });
  }

  /** Hand in all that the recorder writes: what was sent, for only the world knows its fate. */
  sent({ at, event, from: vantage, number }: PacketRecord, datagram: Datagram): void {
    const { from, to, bytes, fate } = datagram;
    if (event !== 'sent' || to === undefined) return;
    const view = viewPacket(bytes, number - 1);
    this.#take({
      type: 'packet',
      at,
      vantage,
      event,
      from: from.address,
      to: to.address,
      bytes,
      view,
      ...(fate !== undefined && { fate }),
    });
  }
}
