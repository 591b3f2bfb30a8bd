import { Cancelled, type ExitCode, exitCodes, messageOf, PareError } from '../base/errors.ts';
import { version } from '../base/version.ts';
import { allCommands } from './shared/commands.ts';
import { createProgram, usageError } from './shared/program.ts';

/** Runs the command line. Sets the process's exit code: 0 done, 1 the answer is no, 2 bad usage or input, 3 failed, 130 cancelled. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const cancel = new AbortController();
  let interrupts = 0;
  process.on('SIGINT', () => {
    // The first Ctrl-C ends the run in good order; the second one at once.
    if (++interrupts > 1) process.exit(exitCodes.cancelled);
    cancel.abort(new Cancelled());
  });
  process.on('SIGTERM', () => cancel.abort(new Cancelled()));
  // Whoever read along has gone. A run goes on: what happens stands in its folder, and the editor finds it there again.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  const json = argv.includes('--json');
  let exitCode: ExitCode = exitCodes.done;
  const program = createProgram(allCommands(), version, cancel.signal, async (command, args, options, io) => {
    const outcome = await command.run(args, options as never, io);
    io.progressDone();
    exitCode = outcome.exitCode ?? exitCodes.done;
    if (io.json) process.stdout.write(`${JSON.stringify(outcome.json, undefined, 2)}\n`);
    else if (outcome.text !== '') process.stdout.write(`${outcome.text}\n`);
    return outcome;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, json);
  }
}

/** Says what went wrong: on stderr for people, as a document on stdout with `--json`. */
function report(error: unknown, json: boolean): ExitCode {
  const known = error instanceof PareError ? error : usageError(error);
  if (!known && (error as { exitCode?: number }).exitCode === 0) return exitCodes.done;
  const { code, message, hint, place } = known ?? {
    code: 'internal',
    message: messageOf(error),
    hint: 'This is a defect of Pare: please report it with the command and this text.',
    place: undefined,
  };
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code, message, hint: hint ?? null, place: place ?? null } }, undefined, 2)}\n`,
    );
  const where = [place?.file, place?.name].filter((part) => part !== undefined).join(': ');
  process.stderr.write(
    `pare: ${message} [${code}]${where === '' ? '' : `\n  at ${where}`}${hint ? `\n  ${hint}` : ''}\n`,
  );
  if (!known && error instanceof Error && process.env.PARE_DEBUG) process.stderr.write(`${error.stack}\n`);
  return known?.exitCode ?? exitCodes.failed;
}
