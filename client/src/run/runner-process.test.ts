import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@pare/server/protocol/run';
import { afterAll, describe, expect, it } from 'vitest';
import { startRunner } from './runner-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-runner-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a script as a runner; `ready` resolves at its first event. */
function start(name: string, script: string) {
  const path = join(folder, name);
  writeFileSync(path, script);
  const events: RunEvent[] = [];
  const log: string[] = [];
  let first = (): void => {};
  const ready = new Promise<void>((resolve) => {
    first = resolve;
  });
  const runner = startRunner({
    node: process.execPath,
    script: path,
    args: [],
    cwd: folder,
    onEvent: (event) => {
      events.push(event);
      first();
    },
    onLog: (line) => log.push(line),
  });
  return { runner, events, log, ready };
}

const event = `JSON.stringify({ type: 'log', time: '', level: 'info', message: 'ä'.repeat(50000) })`;

describe('startRunner', () => {
  it('puts events together that arrive in pieces, and keeps other lines apart', async () => {
    const { runner, events, log } = start(
      'events.cjs',
      `for (let i = 0; i < 20; i++) console.log(${event});
       console.log('no event'); console.log('{"neither": 1}'); console.error('pare: wrong [code]'); process.exitCode = 2;`,
    );
    const exit = await runner.done;
    expect(events).toHaveLength(20);
    expect(new Set(events.map((each) => each.type === 'log' && each.message))).toEqual(
      new Set(['ä'.repeat(50000)]),
    );
    expect(log.sort()).toEqual(['no event', 'pare: wrong [code]', '{"neither": 1}']);
    expect(exit).toEqual({ code: 2, signal: null, stderr: 'pare: wrong [code]' });
  });

  it('lets a cancelled runner end in good order', async () => {
    const { runner, ready } = start(
      'polite.cjs',
      `console.log(${event}); process.stdin.on('data', (text) => { if (String(text) === 'cancel\\n') process.exit(130); });`,
    );
    await ready;
    runner.cancel();
    expect(await runner.done).toMatchObject({ code: 130, signal: null });
  });

  it('ends a runner that does not listen, and one that refuses', async () => {
    const deaf = start('deaf.cjs', `console.log(${event}); setInterval(() => {}, 1000);`);
    const stubborn = start(
      'stubborn.cjs',
      `process.on('SIGTERM', () => {}); console.log(${event}); setInterval(() => {}, 1000);`,
    );
    await Promise.all([deaf.ready, stubborn.ready]);
    deaf.runner.cancel();
    stubborn.runner.cancel();
    expect((await deaf.runner.done).signal).toBe('SIGTERM');
    expect((await stubborn.runner.done).signal).toBe('SIGKILL');
  });

  it('says why a runner did not start', async () => {
    const runner = startRunner({
      node: join(folder, 'no-such-program'),
      script: '',
      args: [],
      cwd: folder,
      onEvent: () => {},
      onLog: () => {},
    });
    const exit = await runner.done;
    expect(exit.code).toBeNull();
    expect(exit.stderr).toContain('ENOENT');
    runner.cancel();
  });
});
