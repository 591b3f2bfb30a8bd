import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Cancelled, RunFailed } from '../base/errors.ts';

export interface ChildOptions {
  readonly signal?: AbortSignal | undefined;
  /** A child that has not answered after so long is ended; 120 s by default. */
  readonly timeoutMs?: number | undefined;
}

export interface ChildResult {
  /** What the script passed to `answer`, or undefined when it ended without. */
  readonly answer: unknown;
  readonly stderr: string;
}

/** Beyond this the runtime's output is dropped. */
const mostOutput = 2 ** 20;

/**
 * Runs a piece of JavaScript in a process of its own: for what must be measured alone, what the runtime says on stderr, and
 * what may end the process. The script sees `ort` (onnxruntime-node), `input` (a JSON value) and `answer(value)`. It is text,
 * so that it runs the same from the sources and from a bundle. A script that fails or crashes leaves `answer` undefined.
 * Throws `cancelled`, and `child-failed` when the process does not start or does not end in time.
 */
export async function runChild(
  script: string,
  input: unknown,
  { signal, timeoutMs = 120_000 }: ChildOptions = {},
): Promise<ChildResult> {
  if (signal?.aborted) throw new Cancelled();
  const program = [
    'const ort = require(process.argv[1]);',
    'const input = JSON.parse(process.argv[2]);',
    'const answer = (value) => process.stdout.write(JSON.stringify(value));',
    `(async () => { ${script} })().catch((error) => { process.stderr.write(String(error)); process.exitCode = 1; });`,
  ].join('\n');
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node');
  // Without the parent's own options, such as a debugger's port or a loader of the tests.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', program, runtime, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    windowsHide: true,
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const abort = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', (error) =>
        reject(new RunFailed('child-failed', `A process for measuring does not start: ${error.message}.`)),
      );
      child.on('close', () => resolve());
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  if (signal?.aborted) throw new Cancelled();
  if (late)
    throw new RunFailed('child-failed', `onnxruntime did not finish within ${timeoutMs / 1000} s.`, {
      hint: 'The model may be too large for this machine.',
    });
  return { answer: parse(stdout()), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < mostOutput) chunks.push(chunk);
    size += chunk.byteLength;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
