/** A part of the screen, in cells from the top left corner. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything is. What has no room is undefined; `log` and `input` are always there. */
export interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly framed: boolean;
  readonly log: Rect;
  readonly users: Rect | undefined;
  readonly link: Rect | undefined;
  readonly status: Rect | undefined;
  readonly input: Rect;
}

export interface LayoutOptions {
  readonly columns: number;
  readonly rows: number;
  /** Rows that the draft would like to have. */
  readonly inputRows: number;
  /** What the person has not switched off. */
  readonly showUsers: boolean;
  readonly showLink: boolean;
}

/** Smaller than this, lines around things cost more than they give. */
const FRAME_MIN_COLUMNS = 30;
const FRAME_MIN_ROWS = 8;
const USERS_MIN_COLUMNS = 50;
const USERS_MIN_ROWS = 12;
const LINK_MIN_ROWS = 18;
const WIDE_COLUMNS = 70;
const SIDE_WIDTH = 18;
const SIDE_WIDTH_NARROW = 14;
/** What the link panel shows, see view/panes.ts. */
export const LINK_ROWS = 6;

/** Lays the window out for any size, also one that is too small for anything. */
export function layout(options: LayoutOptions): Layout {
  const columns = Math.max(1, options.columns);
  const rows = Math.max(1, options.rows);
  const sized = { ...options, columns, rows };
  const framed = columns >= FRAME_MIN_COLUMNS && rows >= FRAME_MIN_ROWS;
  return framed ? framedLayout(sized) : bareLayout(sized);
}

function inputHeight({ rows, inputRows }: LayoutOptions): number {
  return Math.max(1, Math.min(inputRows, Math.floor(rows / 3)));
}

/** Only the log, the status bar if there are four rows, and the input line. */
function bareLayout(options: LayoutOptions): Layout {
  const { columns, rows } = options;
  const input = inputHeight(options);
  const status = rows >= 4 ? 1 : 0;
  const row = (top: number, height: number): Rect => ({ left: 0, top, width: columns, height });
  const log = rows - input - status;
  return {
    columns,
    rows,
    framed: false,
    log: row(0, log),
    users: undefined,
    link: undefined,
    status: status > 0 ? row(log, 1) : undefined,
    input: row(log + status, input),
  };
}

function framedLayout(options: LayoutOptions): Layout {
  const { columns, rows } = options;
  const inner = columns - 2;
  const input = inputHeight(options);
  const statusTop = rows - 2 - input;
  const body = statusTop - 2; // between the upper line and the one over the status bar
  const side = columns >= WIDE_COLUMNS ? SIDE_WIDTH : SIDE_WIDTH_NARROW;
  const hasUsers = options.showUsers && columns >= USERS_MIN_COLUMNS && rows >= USERS_MIN_ROWS;
  const hasLink = hasUsers && options.showLink && rows >= LINK_MIN_ROWS && body > LINK_ROWS + 4;
  const sideLeft = columns - 1 - side;
  const usersHeight = hasLink ? body - LINK_ROWS - 1 : body;
  return {
    columns,
    rows,
    framed: true,
    log: { left: 1, top: 1, width: hasUsers ? inner - side - 1 : inner, height: body },
    users: hasUsers ? { left: sideLeft, top: 1, width: side, height: usersHeight } : undefined,
    link: hasLink
      ? { left: sideLeft, top: usersHeight + 2, width: side, height: LINK_ROWS }
      : undefined,
    status: { left: 1, top: statusTop, width: inner, height: 1 },
    input: { left: 1, top: statusTop + 1, width: inner, height: input },
  };
}
