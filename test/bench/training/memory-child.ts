/**
 * Trains a few steps and prints its memory as JSON, in bytes. `training-memory.ts` bundles it, so that no loader of
 * TypeScript counts: `node BUNDLE JOB STEPS THREADS`.
 */
import { readFileSync } from 'node:fs';
import type { Memory } from '../training-memory.ts';
import type { Job } from './job.ts';
import { openOurs } from './ours.ts';

/** As Linux counts it: what `process.resourceUsage` gives starts with what the parent process held. */
const peakMemory = (): number =>
  Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;

async function main([job, steps, threads]: readonly string[]): Promise<void> {
  const loaded = process.memoryUsage.rss();
  const stepper = await openOurs(JSON.parse(job!) as Job, Number(threads));
  await stepper.run(Number(steps));
  const memory: Memory = { loaded, peak: peakMemory() };
  console.log(JSON.stringify(memory));
  await stepper.close();
}

void main(process.argv.slice(2));
