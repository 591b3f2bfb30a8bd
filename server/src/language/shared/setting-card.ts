import { findStep, type JsonSchema, schemaAt } from '../../recipe/schema.ts';
import type { Path } from '../../recipe/syntax.ts';

/** The documentation of what stands at a path of a recipe, as Markdown; undefined where nothing is declared. */
export function settingCard(path: Path): string | undefined {
  const step = stepAt(path);
  if (step) return stepCard(step);
  const schema = schemaAt(path);
  if (!schema || path.length === 0 || typeof path.at(-1) === 'number') return undefined;
  return [`**${path.at(-1)}**`, describe(schema)].filter((part) => part !== '').join('\n\n');
}

/** A setting's description, allowed values, default and examples. */
export function describe(schema: JsonSchema): string {
  const facts = [
    allowedValues(schema).length > 0 ? `Values: ${allowedValues(schema).map(code).join(', ')}.` : '',
    range(schema),
    schema.default === undefined || isEmpty(schema.default) ? '' : `Default: ${code(schema.default)}.`,
    schema.examples ? `For example ${schema.examples.map(code).join(', ')}.` : '',
  ];
  const keys = Object.keys(schema.properties ?? {});
  if (keys.length > 0) facts.push(`Keys: ${keys.map(code).join(', ')}.`);
  return [schema.description ?? '', facts.filter((fact) => fact !== '').join(' ')]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The values that a setting allows, where they are few. */
export function allowedValues(schema: JsonSchema): readonly unknown[] {
  if (schema.enum) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  if (schema.type === 'boolean') return [true, false];
  return (schema.anyOf ?? []).flatMap(allowedValues);
}

/** The name of a step where a path ends at one: in `steps:`, or below a layer. */
function stepAt(path: Path): string | undefined {
  const name = path.at(-1);
  const here = (path[0] === 'steps' && path.length === 3) || (path[0] === 'layers' && path.length === 3);
  return here && typeof name === 'string' && findStep(name) ? name : undefined;
}

/** A step's documentation with all its settings. */
export function stepCard(name: string): string {
  const step = findStep(name)!;
  const { properties = {} } = schemaAt(['steps', 0, name]) ?? {};
  const settings = Object.entries(properties).map(([key, schema]) => {
    const value = schema.default === undefined ? '' : ` (${code(schema.default)})`;
    return `- \`${key}\`${value}: ${schema.description ?? ''}`;
  });
  return [`**${name}**: ${step.summary}`, step.details, settings.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function range({ minimum, maximum }: JsonSchema): string {
  const low =
    typeof minimum === 'number' && Math.abs(minimum) < Number.MAX_SAFE_INTEGER ? minimum : undefined;
  const high =
    typeof maximum === 'number' && Math.abs(maximum) < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low === undefined && high === undefined) return '';
  return `Range: ${[low === undefined ? '' : `from ${low}`, high === undefined ? '' : `to ${high}`].filter((part) => part !== '').join(' ')}.`;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
