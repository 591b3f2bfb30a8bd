import { Command as Commander, CommanderError, Option } from 'commander';
import { PareError } from '../../base/errors.ts';
import { checkSettings } from '../../recipe/plan.ts';
import { type JsonSchema, toJsonSchema } from '../../recipe/schema.ts';
import type { Command, Io, Outcome } from '../define.ts';
import { terminal } from './terminal.ts';

type Run = (
  command: Command,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
  io: Io,
) => Promise<Outcome>;

/**
 * The command line as commander sees it: one subcommand for each declaration, its options made from the schema. `run` is
 * called with checked options. Usage errors are thrown as `PareError` with code `usage`.
 */
export function createProgram(
  commands: readonly Command[],
  version: string,
  signal: AbortSignal,
  run: Run,
): Commander {
  const program = new Commander('pare')
    .description('Compress ONNX models: check, measure, prune, quantize. Everything stays on this machine.')
    .version(version);
  program
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showHelpAfterError(false);
  for (const command of commands) {
    const sub = program
      .command(command.name)
      .summary(command.summary)
      .description(`${command.summary}\n\n${command.details}`);
    for (const { name, doc, optional, variadic } of command.arguments)
      sub.argument(`${optional ? '[' : '<'}${name}${variadic ? '...' : ''}${optional ? ']' : '>'}`, doc);
    const schema = toJsonSchema(command.options);
    for (const [name, property] of Object.entries(schema.properties ?? {}))
      sub.addOption(optionOf(name, property));
    sub
      .option('--json', 'print one JSON document on stdout, logs on stderr')
      .option('--quiet', 'print nothing but the result');
    if (command.examples.length > 0)
      sub.addHelpText(
        'after',
        `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`,
      );
    sub.exitOverride().configureOutput({ writeErr: () => {} });
    sub.action(async (...given: unknown[]) => {
      const flags = (given.at(-2) ?? {}) as Record<string, unknown>;
      const args = given
        .slice(0, -2)
        .flat()
        .filter((arg): arg is string => typeof arg === 'string');
      const io = terminal({ json: flags.json === true, quiet: flags.quiet === true, signal });
      await run(command, args, checked(command, schema, flags), io);
    });
  }
  return program;
}

/** `usage` for anything that commander does not accept; help and version are no errors. */
export function usageError(error: unknown): PareError | undefined {
  if (!(error instanceof CommanderError) || error.exitCode === 0) return undefined;
  return new PareError('usage', error.message.replace(/^error: /, ''), {
    hint: 'See `pare --help`, or `pare COMMAND --help`.',
  });
}

const shortFlags: Readonly<Record<string, string>> = { output: '-o, ' };

function optionOf(name: string, property: JsonSchema): Option {
  const values = property.enum?.map(String);
  const flag = `${shortFlags[name] ?? ''}--${name}`;
  const placeholder = values
    ? values.join('|')
    : (property.unit ?? (property.type === 'string' ? 'text' : 'value'));
  const option = new Option(
    property.type === 'boolean'
      ? property.default === true
        ? `--no-${name}`
        : flag
      : `${flag} <${placeholder}>`,
    property.description ?? '',
  );
  if (property.default !== undefined && typeof property.default !== 'object' && property.type !== 'boolean')
    option.description += ` (default: ${String(property.default)})`;
  return option;
}

/** Options as the schema types them: text becomes a number where the schema wants one, commas make lists. */
function checked(
  command: Command,
  schema: JsonSchema,
  flags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const given: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const value = flags[name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())];
    if (value === undefined || (property.type === 'boolean' && value === property.default)) continue;
    given[name] = typeof value === 'string' ? fromText(property, value) : value;
  }
  const { settings, problems } = checkSettings(command.options, given);
  if (settings) return settings as Readonly<Record<string, unknown>>;
  const { path, message } = problems[0]!;
  throw new PareError('bad-option', `--${path.join('.')}: ${message}`, {
    hint: `See \`pare ${command.name} --help\`.`,
  });
}

function fromText(property: JsonSchema, text: string): unknown {
  if (
    (property.type === 'integer' || property.type === 'number') &&
    text.trim() !== '' &&
    Number.isFinite(Number(text))
  )
    return Number(text);
  if (property.type === 'array')
    return text.split(',').map((part) => fromText(property.items ?? {}, part.trim()));
  return text;
}
