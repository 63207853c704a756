/**
 * What JSON may hold and a terminal may act on, or show out of order: C1 controls, DEL, and all
 * that has no shape of its own, bidi controls among it.
 */
const UNSEEN = /[\u007f-\u009f\u2028\u2029]|\p{Default_Ignorable_Code_Point}|\p{Cf}/gu;

/** `JSON.stringify` in printable characters only: exact, and safe to look at. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (found) => {
    const units = Array.from({ length: found.length }, (_, i) => found.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
