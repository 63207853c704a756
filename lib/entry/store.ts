/** What is kept on disk. */

export { DISK_RETENTION, type RetentionConfig } from '../store/config.ts';
export { StoreError } from '../store/folder.ts';
export { OutboxFile } from '../store/outbox-file.ts';
export type * from '../store/store.ts';
