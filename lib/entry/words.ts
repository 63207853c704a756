/** What judges names, texts and keys: no socket, no database, little to load. */

export { validateNick, validateRoom } from '../chat/names.ts';
export { sanitiseLine, sanitiseText } from '../chat/sanitise.ts';
export { fingerprint, publicKeyOf } from '../crypto/static-key.ts';
export { judgeLab } from '../lab/judge-lab.ts';
