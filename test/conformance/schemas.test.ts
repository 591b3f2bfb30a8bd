import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AttributeRule } from '../../server/src/ops/define.ts';
import { operators } from '../../server/src/ops/index.ts';

interface Schema {
  readonly since: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, readonly [kind: string, value: unknown]>>;
}

/** The operators as the onnx package defines them, see `make-schemas.py` beside the file. */
const schemas = JSON.parse(
  readFileSync(new URL('../fixtures/onnx/schemas.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Schema>>;

const declared = new Map(
  operators.map((operator) => [
    operator.domain === '' ? operator.type : `${operator.domain}.${operator.type}`,
    operator,
  ]),
);

const kinds: Readonly<Record<string, AttributeRule['kind']>> = {
  INT: 'int',
  INTS: 'ints',
  FLOAT: 'float',
  FLOATS: 'floats',
  STRING: 'string',
  STRINGS: 'strings',
  TENSOR: 'tensor',
  GRAPH: 'graph',
  SPARSE_TENSOR: 'any',
  TYPE_PROTO: 'any',
};

describe('the operators of ai.onnx and ai.onnx.ml', () => {
  it('are all declared', () => {
    expect(Object.keys(schemas).filter((name) => !declared.has(name))).toEqual([]);
  });

  it.each(Object.entries(schemas).filter(([name]) => declared.has(name)))(
    '%s has the inputs, outputs and attributes of its schema',
    (name, schema) => {
      const { inputs, outputs, attributes } = declared.get(name)!;
      expect(differences(inputs, schema.inputs, 'input')).toEqual([]);
      expect(differences(outputs, schema.outputs, 'output')).toEqual([]);
      const wrong = Object.entries(schema.attributes).flatMap(([key, [kind, value]]) => {
        const rule = attributes[key];
        if (!rule) return [`attribute ${key} is not declared`];
        if (rule.kind !== kinds[kind]) return [`attribute ${key} is ${rule.kind}, not ${kind}`];
        // A default that the schema does not have stands for a required attribute, or for what old versions left out.
        const same = value === null || conditional.has(`${name}.${key}`) || sameDefault(rule.default, value);
        return same ? [] : [`attribute ${key} is ${rule.default} by default, not ${value}`];
      });
      expect(wrong).toEqual([]);
    },
  );
});

/** Defaults that depend on the version, or on another attribute: rules read them as undefined. */
const conditional = new Set(['Softmax.axis', 'LogSoftmax.axis', 'Hardmax.axis', 'RNN.activations']);

/** Number and marks of inputs or outputs. An older version may need a `?`, and may have more optional ones. */
function differences(own: readonly string[], theirs: readonly string[], what: string): string[] {
  const missing = theirs.slice(own.length).map((name) => `${what} ${name} is not declared`);
  const repeats = theirs.filter((name, i) => name.endsWith('*') !== (own[i]?.endsWith('*') ?? false));
  const optional = theirs.filter((name, i) => name.endsWith('?') && own[i] && !/[?*]$/.test(own[i]));
  const more = own.slice(theirs.length).filter((name) => !name.endsWith('?'));
  return [
    ...missing,
    ...repeats.map((name) => `${what} ${name} repeats, or does not`),
    ...optional.map((name) => `${what} ${name} is optional`),
    ...more.map((name) => `there is no ${what} ${name}`),
  ];
}

const sameDefault = (own: unknown, theirs: unknown): boolean =>
  typeof own === 'number' && typeof theirs === 'number'
    ? Math.fround(own) === Math.fround(theirs)
    : String(own) === String(theirs);
