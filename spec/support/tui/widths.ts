/** Text on whose width terminals disagree, and text of every kind of script; a line each. */
export const WIDTHS: readonly string[] = [
  'ASCII, naïve, Ελληνικά, кириллица',
  '中文字 日本語 한국어 ｆｕｌｌ ﾊﾝｶｸ',
  'jamo 한글 한',
  'plain emoji 🚀 ✅ 🫠 ⌚ ☔',
  'selector ❤️ ☎️ ✂️ ↔️ ©️ and without ❤ ☎ ✂',
  'joined 👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🙂‍↔️',
  'skin 👍🏽 👋🏿 alone 🏽',
  'flags 🇩🇪 🇯🇵 lone 🇩 tags 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'keycaps 1️⃣ #️⃣ *️⃣',
  'marks e\u0301 a\u0308\u0323 x\u20dd Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307',
  'नमस्ते দেশ தமிழ் ไทย กำ မြန်မာ བོད',
  'עברית العَرَبِيَّة فارسی ۱۲۳',
  'ambiguous ± § ° … ① ─ █ ▁ ◐ ●',
  'private \ue000 \uf8ff old ½ ﬁ ℡ ㎏',
  'beyond 𝔘𝔫𝔦 𠜎𠜱 🀄 🂡 𓀀',
];
