const WORDS =
  `the a to of and in is it you that build deploy server client network packet loss chat lab
   coffee lunch green red please check again works now here there why what when maybe yes no`.split(
    /\s+/,
  );

/** Line `i` as a person might write it: eight common words and a rare one. */
export function words(i: number): string {
  const common = Array.from({ length: 8 }, (_, k) => WORDS[(i * 7 + k * k * 13) % WORDS.length]);
  return `${common.join(' ')} w${(i * 7919) % 100_000}`;
}
