import { formatAddress } from '../../transport/machine.ts';
import { describeFrame, type FrameRecord } from './describe.ts';
import type { PacketEvent, TraceEvent, TraceForm, TraceHead, Vantage } from './event.ts';

/**
 * draft-ietf-quic-qlog-main-schema-14 has the file, draft-ietf-quic-qlog-quic-events-13 the events
 * of recovery. Schemas of drafts carry their number; ours may not be an IETF name, and belongs to
 * no domain, so it is a UUID (RFC 9562).
 */
const FILE_SCHEMA = 'urn:ietf:params:qlog:file';
const EVENT_SCHEMAS = [
  'urn:ietf:params:qlog:events:quic-13',
  'urn:ietf:params:qlog:events:simulation-14',
  'urn:uuid:5b0f6c1e-7f0a-4b53-9c6e-2f1d7a94e8c3#udpchat',
];
/** RFC 7464: each record begins with it. */
const RECORD_SEPARATOR = '\u001E';
const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();

/**
 * How qlog is written: `sequence` is JSON-SEQ, whose every record stands alone; `contained` one
 * JSON text; `compatible` the contained one of version 0.3 under QUIC's names, which qvis reads.
 */
export type QlogStyle = 'sequence' | 'contained' | 'compatible';

/** One end's view of a run, as qlog. */
export class Qlog implements TraceForm {
  readonly #style: QlogStyle;
  #vantage: Vantage = 'client';
  #isFirst = true;

  constructor(style: QlogStyle) {
    this.#style = style;
  }

  begin(head: TraceHead): Uint8Array {
    [this.#vantage] = head.vantages;
    const start = this.#header(head);
    const { scenario: details } = head;
    if (details === undefined) return start;
    const scenario = this.#event(0, 'simulation:scenario', { name: 'lab run', details });
    return new Uint8Array([...start, ...scenario]);
  }

  record(event: TraceEvent): Uint8Array {
    const isOld = this.#style === 'compatible';
    switch (event.type) {
      case 'packet':
        return this.#packet(event);
      case 'metrics': {
        const { at, srtt, cwnd, inFlight } = event;
        return this.#event(
          at,
          isOld ? 'recovery:metrics_updated' : 'quic:recovery_metrics_updated',
          {
            smoothed_rtt: srtt,
            congestion_window: Math.floor(cwnd),
            bytes_in_flight: inFlight,
          },
        );
      }
      case 'lost':
        return this.#event(event.at, isOld ? 'recovery:packet_lost' : 'quic:packet_lost', {
          header: { packet_type: '1RTT', packet_number: event.number },
        });
      case 'delivered':
        return NOTHING;
    }
  }

  end(): Uint8Array {
    return this.#style === 'sequence' ? NOTHING : utf8.encode(']}]}\n');
  }

  #header({ program: title, epochMs, vantages: [type] }: TraceHead): Uint8Array {
    const wall = epochMs === undefined ? {} : { wall_clock_time: new Date(epochMs).toISOString() };
    const trace = {
      common_fields: {
        time_format: 'relative_to_epoch',
        reference_time: { clock_type: 'monotonic', epoch: 'unknown', ...wall },
      },
      vantage_point: { type },
      event_schemas: EVENT_SCHEMAS,
    };
    if (this.#style === 'sequence') {
      const file = { file_schema: `${FILE_SCHEMA}:sequential`, serialization_format: SEQUENCE };
      return utf8.encode(`${RECORD_SEPARATOR}${JSON.stringify({ ...file, title, trace })}\n`);
    }
    if (this.#style === 'contained') {
      const file = { file_schema: `${FILE_SCHEMA}:contained`, serialization_format: CONTAINED };
      return open({ ...file, title }, trace);
    }
    const common_fields = { time_format: 'relative', reference_time: epochMs ?? 0 };
    const old = { vantage_point: { type }, common_fields };
    return open({ qlog_version: '0.3', qlog_format: 'JSON', title }, old);
  }

  #packet(event: PacketEvent): Uint8Array {
    const { at, vantage, view, fate, from, to } = event;
    const isGone = fate !== undefined && fate !== 'passed';
    const marker = isGone ? this.#marker(event) : NOTHING;
    if (vantage !== this.#vantage) return marker;
    const category = this.#style === 'compatible' ? 'transport' : 'udpchat';
    const isDropped = event.event === 'received' && UNREADABLE.has(view.type);
    const name = isDropped ? 'packet_dropped' : `packet_${event.event}`;
    const packet = this.#event(
      at,
      `${category}:${name}`,
      {
        header: {
          packet_type: view.type === 'short' ? '1RTT' : view.type,
          ...(view.number >= 0 && { packet_number: view.number }),
        },
        raw: { length: event.bytes.length },
        frames: view.frames.map((frame) => this.#frame(describeFrame(frame))),
      },
      // A client has one connection; a reader would part it from its figures, which name no peer.
      vantage === 'server' ? formatAddress(event.event === 'sent' ? to : from) : undefined,
    );
    return new Uint8Array([...packet, ...marker]);
  }

  #marker({ at, fate, vantage, view }: PacketEvent): Uint8Array {
    const which = view.number < 0 ? view.type : `packet ${view.number}`;
    return this.#event(at, 'simulation:marker', {
      type: fate,
      message: `${which} of the ${vantage}`,
    });
  }

  #frame(frame: FrameRecord): FrameRecord {
    if (this.#style !== 'compatible') return frame;
    const { frame_type } = frame;
    return { ...frame, frame_type: OLD_FRAMES.get(String(frame_type)) ?? frame_type };
  }

  #event(time: number, name: string, data: object, group_id?: string): Uint8Array {
    const text = JSON.stringify({ time, name, ...(group_id && { group_id }), data });
    if (this.#style === 'sequence') return utf8.encode(`${RECORD_SEPARATOR}${text}\n`);
    const comma = this.#isFirst ? '' : ',';
    this.#isFirst = false;
    return utf8.encode(`${comma}${text}\n`);
  }
}

const SEQUENCE = 'application/qlog+json-seq';
const CONTAINED = 'application/qlog+json';

/** Frames that QUIC has under another name: to it a message is a datagram (RFC 9221). */
const OLD_FRAMES: ReadonlyMap<string, string> = new Map([
  ['message', 'datagram'],
  ['close', 'connection_close'],
]);

/** What arrived and was no packet for this end. */
const UNREADABLE: ReadonlySet<string> = new Set(['sealed', 'truncated', 'malformed', 'checksum']);

/** A JSON text up to where its events begin. */
function open(file: object, trace: object): Uint8Array {
  const [outer, inner] = [file, trace].map((value) => JSON.stringify(value).slice(0, -1));
  return utf8.encode(`${outer},"traces":[${inner},"events":[\n`);
}
