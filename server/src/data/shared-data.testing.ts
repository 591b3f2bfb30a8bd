import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with larger models and data for some tests, which no checkout holds: `PARE_DATA`, or `shared` beside the
 * checkout. Undefined where there is none: such tests are skipped.
 */
export const sharedData: string | undefined = [
  process.env.PARE_DATA,
  resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared'),
].find((folder) => folder !== undefined && existsSync(join(folder, 'models')));
