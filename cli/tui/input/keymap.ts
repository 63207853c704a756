import type { EditCommand } from '../model/editor.ts';

/** What a chord means in the window. */
export type KeyCommand =
  | { readonly type: 'edit'; readonly command: EditCommand }
  | {
      readonly type: 'scroll';
      readonly by: 'page-up' | 'page-down' | 'row-up' | 'row-down' | 'top' | 'end';
    }
  | { readonly type: 'complete'; readonly step: 1 | -1 }
  | { readonly type: 'toggle'; readonly what: 'users' | 'link' | 'mouse' }
  | { readonly type: 'send' | 'interrupt' | 'eof' | 'redraw' | 'suspend' | 'escape' };

const edit = (command: EditCommand): KeyCommand => ({ type: 'edit', command });

/** readline's keys, and the window's own. One table; nothing else in the window knows a key. */
export const KEYMAP: ReadonlyMap<string, KeyCommand> = new Map<string, KeyCommand>([
  ['left', edit('backward-char')],
  ['C-b', edit('backward-char')],
  ['right', edit('forward-char')],
  ['C-f', edit('forward-char')],
  ['C-left', edit('backward-word')],
  ['M-left', edit('backward-word')],
  ['M-b', edit('backward-word')],
  ['C-right', edit('forward-word')],
  ['M-right', edit('forward-word')],
  ['M-f', edit('forward-word')],
  ['home', edit('beginning-of-line')],
  ['C-a', edit('beginning-of-line')],
  ['end', edit('end-of-line')],
  ['C-e', edit('end-of-line')],
  ['backspace', edit('backward-delete-char')],
  ['S-backspace', edit('backward-delete-char')],
  ['C-h', edit('backward-delete-char')],
  ['delete', edit('delete-char')],
  ['C-k', edit('kill-line')],
  ['C-u', edit('backward-kill-line')],
  ['C-w', edit('backward-kill-word')],
  ['M-backspace', edit('backward-kill-word')],
  ['C-backspace', edit('backward-kill-word')],
  ['C-M-h', edit('backward-kill-word')],
  ['M-d', edit('kill-word')],
  ['C-delete', edit('kill-word')],
  ['C-y', edit('yank')],
  ['C-t', edit('transpose-chars')],
  ['M-enter', edit('newline')],
  ['S-enter', edit('newline')],
  ['C-j', edit('newline')],
  ['up', edit('previous-line')],
  ['down', edit('next-line')],
  ['C-p', edit('previous-history')],
  ['C-n', edit('next-history')],
  ['pageup', { type: 'scroll', by: 'page-up' }],
  ['M-v', { type: 'scroll', by: 'page-up' }],
  ['pagedown', { type: 'scroll', by: 'page-down' }],
  ['C-v', { type: 'scroll', by: 'page-down' }],
  ['S-up', { type: 'scroll', by: 'row-up' }],
  ['S-down', { type: 'scroll', by: 'row-down' }],
  ['C-home', { type: 'scroll', by: 'top' }],
  ['C-end', { type: 'scroll', by: 'end' }],
  ['tab', { type: 'complete', step: 1 }],
  ['S-tab', { type: 'complete', step: -1 }],
  ['f2', { type: 'toggle', what: 'link' }],
  ['f8', { type: 'toggle', what: 'users' }],
  ['M-m', { type: 'toggle', what: 'mouse' }],
  ['enter', { type: 'send' }],
  ['C-c', { type: 'interrupt' }],
  ['C-d', { type: 'eof' }],
  ['C-l', { type: 'redraw' }],
  ['C-z', { type: 'suspend' }],
  ['escape', { type: 'escape' }],
]);
