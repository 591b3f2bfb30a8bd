import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with larger models and data for some tests and benchmarks, which no checkout holds: `--data FOLDER`,
 * `PARE_DATA`, or `shared` beside the checkout. Undefined where there is none: such tests are skipped.
 */
export const sharedData: string | undefined = [
  process.argv.includes('--data') ? process.argv[process.argv.indexOf('--data') + 1] : undefined,
  process.env.PARE_DATA,
  resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared'),
].find((folder) => folder !== undefined && existsSync(join(folder, 'models')));
