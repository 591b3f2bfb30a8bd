/**
 * Writes `curves.json`, PyTorch's losses for every case:
 * `npx tsx test/conformance/training/make-curves.ts PYTHON`, with a Python that has test/bench/peers/requirements.txt.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';
import { firstImages } from './batches.ts';
import { curveCases } from './cases.ts';

const python = process.argv[2] ?? 'python3';
const folder = mkdtempSync(join(tmpdir(), 'pare-curves-'));
try {
  const curves = curveCases.map((item) => {
    const { x, y, shape } = firstImages(item.set, item.batch * item.steps, item.form);
    writeFileSync(join(folder, 'x'), x);
    writeFileSync(join(folder, 'y'), y);
    const out = execFileSync(
      python,
      [
        join(import.meta.dirname, '../../bench/peers/train.py'),
        'curve',
        join(sharedData!, 'models', item.model),
        join(folder, 'x'),
        join(folder, 'y'),
        ...['--shape', shape.join(), '--batch', `${item.batch}`, '--steps', `${item.steps}`],
        ...['--optimizer', item.peer, '--rate', `${item.rate}`],
        ...['--decay', `${item.decay}`, '--smoothing', `${item.smoothing}`],
      ],
      { encoding: 'utf8' },
    );
    return [item.name, JSON.parse(out) as number[]] as const;
  });
  writeFileSync(join(import.meta.dirname, 'curves.json'), `${JSON.stringify(Object.fromEntries(curves))}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
