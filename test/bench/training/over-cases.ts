import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Row } from '../shared/define.ts';
import { peersPython } from '../shared/peers.ts';
import { type Case, cases } from './cases.ts';
import { prepare } from './prepare.ts';

/** A case, made ready for both sides. */
export interface Setting extends Awaited<ReturnType<typeof prepare>> {
  readonly item: Case;
  /** A folder that is gone afterwards. */
  readonly folder: string;
  readonly python: string;
  readonly log: (line: string) => void;
}

/** Compares case by case. */
export const overCases =
  (compare: (setting: Setting) => Promise<readonly Row[]>): Bench['run'] =>
  async (log) => {
    const python = peersPython(log);
    const rows: Row[] = [];
    for (const item of cases) {
      const folder = mkdtempSync(join(tmpdir(), 'pare-training-'));
      try {
        const ready = await prepare(item, folder, python);
        rows.push(...(await compare({ ...ready, item, folder, python, log })));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return rows;
  };
