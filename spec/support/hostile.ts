/**
 * Strings that a terminal, a log or a reader would act on. Each has a word in it, so that one can
 * see that it was shown at all.
 */
export const HOSTILE: readonly string[] = [
  'esc\x1b[31m red',
  'clear\x1b[2J\x1b[H',
  'title\x1b]0;pwned\x07',
  'title2\x1b]2;pwned\x1b\\',
  'titlec1\x9d8;;https://evil.example\x9c',
  'link\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\',
  'clipboard\x1b]52;c;cHduZWQ=\x07',
  'device\x1bP$q"p\x1b\\',
  'apc\x1b_G\x1b\\pm\x1b^x\x1b\\sos\x1bXx\x1b\\',
  'status\x1b[6n\x1b[c\x1b[>c\x1b[0;276;0c',
  'reset\x1bc\x1b[!p',
  'c1\x9b31m\x9b2J\x90x\x9c\x85\x84',
  'carriage\rreturn',
  'back\b\b\b\bspace',
  'bell\x07 nul\x00 vt\x0b ff\x0c so\x0e si\x0f del\x7f can\x18 sub\x1a',
  'paste\x1b[201~ rm -rf \x1b[200~',
  'mouse\x1b[?1003h\x1b[?1006h',
  'alt\x1b[?1049l\x1b[?25l',
  'sixel\x1bPq#0;2;0;0;0~\x1b\\',
  'kitty\x1b[>1u\x1b[=1;1u',
  ...Array.from('\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069').map(
    (control) => `bidi${control}exe.txt`,
  ),
  'zero\u200bwidth\u2060\ufeff\u00ad\u180e',
  'tags\u{e0001}\u{e0041}\u{e007f}',
  'fillers\u3164\u115f\u1160\uffa0',
  'separators\u2028line\u2029paragraph',
  `marks${'\u0301'.repeat(10_000)}end`,
  '\u0301\u0302orphan',
  'lone\ud800surrogate\udc00',
  'noncharacter\ufffe\u{10ffff}',
  'annotated\ufff9x\ufffay\ufffb',
  '{bold}tags{/bold} {red-fg}x{/} {|} {center}',
  'percent %s %n %d ${HOME} $(id) `id`',
  'newline\nin the middle\r\n',
  'tab\there',
];

/** A control or an invisible sign that none of our own output has, but in sequences of our own. */
export const HARMFUL = new RegExp(
  [
    String.raw`(?!\n)[\p{Cc}\p{Cs}]`,
    String.raw`[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]`,
    String.raw`[\u{e0000}-\u{e007f}]`,
  ].join('|'),
  'u',
);
