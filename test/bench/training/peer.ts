import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Stepper } from './stepper.ts';

/** PyTorch's training in a process of its own, which waits on its stdin between the rounds. */
export function openPeer(python: string, args: readonly string[]): Stepper {
  const script = join(import.meta.dirname, '../peers/train.py');
  const child: ChildProcess = spawn(python, [script, 'serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    run: async (steps) => {
      child.stdin!.write(`${steps}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The peer has ended.');
      return (JSON.parse(value) as [number, number, number][]).map(([elapsed, busy, loss]) => ({
        elapsed,
        busy,
        loss,
      }));
    },
    close: async () => {
      child.stdin!.end();
      await new Promise((ended) => child.on('close', ended));
    },
  };
}
