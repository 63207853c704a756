/** One row of a small table that outlives the server. */
export interface TableRow {
  readonly table: string;
  readonly key: string;
  /** JSON; checked by its owner when it is loaded. */
  readonly value: string;
}

/** A change of a row; `value` undefined deletes it. */
export interface TablePut {
  readonly table: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** Hands a change to whatever keeps tables. */
export type Keep = (put: TablePut) => void;

/** The object that a row holds; undefined when its JSON is damaged or is no object. */
export function parseRow(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // A row that somebody edited by hand.
    return undefined;
  }
}
