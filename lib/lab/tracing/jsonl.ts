import { formatAddress } from '../../transport/machine.ts';
import { describeFrame, Transmissions } from './describe.ts';
import type { TraceEvent, TraceForm, TraceHead } from './event.ts';

const utf8 = new TextEncoder();

/** Version of the lines: one that a program does not know, it should not read. */
const FORMAT = 1;

/** A JSON object a line (spec/protocol/trace.md): for `lab replay`, for jq, for scripts. */
export class JsonLines implements TraceForm {
  readonly #transmissions = new Transmissions();

  begin({ program, vantages, epochMs, scenario }: TraceHead): Uint8Array {
    return line({ type: 'trace', format: FORMAT, program, vantages, epochMs, scenario });
  }

  record(event: TraceEvent): Uint8Array {
    if (event.type !== 'packet') return line(event);
    const { type, at, vantage, from, to, view, bytes, fate } = event;
    const sent = event.event === 'sent';
    return line({
      type,
      at,
      vantage,
      event: event.event,
      peer: formatAddress(sent ? to : from),
      packet: view.type,
      number: view.number,
      size: bytes.length,
      frames: view.frames.map(describeFrame),
      messages: sent ? this.#transmissions.of(event) : undefined,
      fate,
    });
  }

  end(): Uint8Array {
    return line({ type: 'end' });
  }
}

function line(value: object): Uint8Array {
  return utf8.encode(`${JSON.stringify(value)}\n`);
}
