// A build starts from nothing, so that a file that was removed cannot live on in the package.
import { rmSync } from 'node:fs';

rmSync(new URL('../../dist', import.meta.url), { recursive: true, force: true });
