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
  readonly rooms: Rect | undefined;
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
  /** What the person has not switched off, and is worth its place. */
  readonly showRooms: boolean;
  readonly showUsers: boolean;
  readonly showLink: boolean;
}

/** Smaller than this, lines around things cost more than they give. */
const FRAME_MIN_COLUMNS = 30;
const FRAME_MIN_ROWS = 8;
const ROOMS_MIN_COLUMNS = 70;
const USERS_MIN_COLUMNS = 50;
const SIDES_MIN_ROWS = 12;
const LINK_MIN_ROWS = 18;
/** From here on the panes at the sides get more room. */
const ROOMY_COLUMNS = 100;
const SIDE_WIDTH = { narrow: 14, usual: 18, roomy: 24 };
const ROOMS_WIDTH = { usual: 12, roomy: 18 };
/** What the link panel shows, see view/link.ts; tall, each figure has a row for its bars. */
export const LINK_ROWS = 6;
export const LINK_ROWS_TALL = 12;
const LINK_TALL_MIN_BODY = 30;
/** The user list keeps at least this many rows. */
const USERS_MIN_BODY = 4;

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
    rooms: undefined,
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
  const hasRooms = options.showRooms && columns >= ROOMS_MIN_COLUMNS && rows >= SIDES_MIN_ROWS;
  const roomsWidth = columns >= ROOMY_COLUMNS ? ROOMS_WIDTH.roomy : ROOMS_WIDTH.usual;
  const logLeft = hasRooms ? roomsWidth + 2 : 1;
  const side = sideOf(options, body);
  const sideLeft = columns - 1 - side.width;
  const logEnd = side.users > 0 || side.link > 0 ? sideLeft - 1 : columns - 1;
  const linkTop = side.users > 0 ? side.users + 2 : 1;
  return {
    columns,
    rows,
    framed: true,
    log: { left: logLeft, top: 1, width: logEnd - logLeft, height: body },
    rooms: hasRooms ? { left: 1, top: 1, width: roomsWidth, height: body } : undefined,
    users:
      side.users > 0
        ? { left: sideLeft, top: 1, width: side.width, height: side.users }
        : undefined,
    link:
      side.link > 0
        ? { left: sideLeft, top: linkTop, width: side.width, height: side.link }
        : undefined,
    status: { left: 1, top: statusTop, width: inner, height: 1 },
    input: { left: 1, top: statusTop + 1, width: inner, height: input },
  };
}

/** Width of the right side, and the rows of the panes in it; 0: not there. */
function sideOf(
  { columns, rows, showUsers, showLink }: LayoutOptions,
  body: number,
): { width: number; users: number; link: number } {
  const { narrow, usual, roomy } = SIDE_WIDTH;
  const width = columns >= ROOMY_COLUMNS ? roomy : columns >= ROOMS_MIN_COLUMNS ? usual : narrow;
  const fits = columns >= USERS_MIN_COLUMNS && rows >= SIDES_MIN_ROWS;
  const hasUsers = showUsers && fits;
  const hasLink = showLink && fits && rows >= LINK_MIN_ROWS;
  if (!hasLink) return { width, users: hasUsers ? body : 0, link: 0 };
  const link = body >= LINK_TALL_MIN_BODY ? LINK_ROWS_TALL : LINK_ROWS;
  if (!hasUsers) return { width, users: 0, link: body };
  const users = body - link - 1;
  return users >= USERS_MIN_BODY ? { width, users, link } : { width, users: body, link: 0 };
}
