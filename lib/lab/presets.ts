/**
 * Networks with a name, as text of the impairment language, so that their numbers are always on
 * show. One way; a round trip goes through it twice.
 */
export const PRESETS = {
  lan: 'delay 0.2ms 0.05ms distribution normal loss 0.01%',
  wifi: 'delay 3ms 2ms distribution pareto loss gemodel 1% 40% rate 30mbit limit 200',
  lte: 'delay 25ms 8ms distribution normal loss 0.2% rate 12mbit limit 300',
  satellite: 'delay 300ms 5ms distribution normal loss 0.5% rate 10mbit limit 1000',
  lossy: 'delay 20ms 5ms distribution normal loss 10%',
  dreadful:
    'delay 150ms 60ms distribution paretonormal loss gemodel 8% 25% duplicate 1% corrupt 0.5% ' +
    'rate 512kbit limit 50',
} as const satisfies Readonly<Record<string, string>>;

export type PresetName = keyof typeof PRESETS;

export function isPreset(word: string): word is PresetName {
  return Object.hasOwn(PRESETS, word);
}
