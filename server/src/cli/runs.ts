import { join, resolve } from 'node:path';
import * as z from 'zod';
import { formatTable } from '../base/table.ts';
import { formatBytes, formatPercent } from '../base/units.ts';
import { listRuns, type StoredRun } from '../runs/run-store.ts';
import { defineCommand } from './define.ts';

const size = ({ result }: StoredRun): string =>
  result?.before && result.after
    ? `${formatBytes(result.before.bytes)} -> ${formatBytes(result.after.bytes)}`
    : '';
const accuracy = ({ result }: StoredRun): string =>
  result?.before?.accuracy && result.after?.accuracy
    ? `${formatPercent(result.before.accuracy.value)} -> ${formatPercent(result.after.accuracy.value)}`
    : '';

export const runs = defineCommand({
  name: 'runs',
  summary: 'List the runs of the recipes in a folder, newest first.',
  details:
    'Runs are kept in `.pare/runs` beside their recipe. An interrupted run is one whose process ended without a word: `pare run RECIPE --resume` continues it.',
  arguments: [{ name: 'FOLDER', doc: 'folder of the recipes (default: this one)', optional: true }],
  options: z.strictObject({}),
  examples: ['pare runs', 'pare runs examples/fashion-mnist --json'],
  run: async ([folder]) => {
    const found = listRuns(join(resolve(folder ?? '.'), '.pare', 'runs'));
    return {
      json: found.map(({ head, folder: at, status, result }) => ({
        ...head,
        folder: at,
        status,
        bytesBefore: result?.before?.bytes ?? null,
        bytesAfter: result?.after?.bytes ?? null,
        accuracyBefore: result?.before?.accuracy?.value ?? null,
        accuracyAfter: result?.after?.accuracy?.value ?? null,
      })),
      text:
        found.length === 0
          ? 'No runs yet: `pare run RECIPE` makes one.'
          : formatTable(
              [
                { title: 'run', value: (row) => row.head.run },
                { title: 'status', value: (row) => row.status },
                { title: 'size', value: size },
                { title: 'accuracy', value: accuracy },
              ],
              found,
            ),
    };
  },
});
