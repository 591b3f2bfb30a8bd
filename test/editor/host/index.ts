/** Entry of the suite that runs inside VS Code's extension host: bundled, and started by the editor itself. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import type { Outcome } from '../outcome.ts';

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: 'min' });
  // Bundled tests are no files that mocha could load: it is told to prepare itself, and they register at their import.
  mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
  await import('./language.test.ts');
  await import('./run.test.ts');
  const outcomes: Outcome[] = [];
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => outcomes.push({ title: test.fullTitle(), error: null, ms: test.duration ?? 0 }))
      .on('fail', (test, error) =>
        outcomes.push({
          title: test.fullTitle(),
          error: error.stack ?? String(error),
          ms: test.duration ?? 0,
        }),
      );
  });
  const results = process.env.PARE_TEST_RESULTS;
  if (results) writeFileSync(results, JSON.stringify(outcomes));
  const failed = outcomes.filter(({ error }) => error !== null);
  if (failed.length > 0) throw new Error(`${failed.length} failed`);
}
