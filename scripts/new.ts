/**
 * Writes the skeleton of a declaration and of its test: `npm run new:operator Name`, `npm run new:step name`,
 * `npm run new:diagnostic code`. Nothing else has to be changed: the tables are made from the files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const kebab = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
const camel = (name: string): string =>
  kebab(name).replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

type Files = Readonly<Record<string, string>>;

const operator = (type: string): Files => ({
  [`server/src/ops/${kebab(type)}.ts`]: `import { defineOp, perElement, sameChannels } from './define.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

/** y = x: say the maths here. */
export const ${camel(type)} = defineOp({
  type: '${type}',
  summary: 'What it computes, in one sentence.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {},
  infer: sameAsInput,
  cost: perElement(1),
  gradient: { none: 'say why, or write the rule' },
  channels: sameChannels,
  quantize: { none: 'say why, or write the rule' },
  samples: [{ name: 'wave', inputs: [waveInput([2, 3])] }],
});
`,
});

const step = (name: string): Files => ({
  [`server/src/steps/${kebab(name)}/${kebab(name)}.ts`]: `import * as z from 'zod';
import { percentage } from '../../base/setting-types.ts';
import { fraction } from '../../base/units.ts';
import { cloneModel } from '../../ir/model.ts';
import { defineStep } from '../define.ts';

export const ${camel(name)} = defineStep({
  name: '${kebab(name)}',
  summary: 'What it does to a model, in one sentence.',
  details: 'When to use it, what it costs, which paper it follows.',
  version: 1,
  settings: z.strictObject({
    amount: percentage().default(fraction(0.5)).describe('How much of it.'),
  }),
  layerOps: [],
  apply: async (model, { amount }) => ({
    model: cloneModel(model),
    notes: [\`Nothing is done yet (\${amount}).\`],
    layers: [],
  }),
});
`,
  [`server/src/steps/${kebab(name)}/${kebab(name)}.test.ts`]: `import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../recipe/plan.ts';
import { ${camel(name)} } from './${kebab(name)}.ts';

describe('${kebab(name)}', () => {
  it('takes a percentage', () => {
    expect(checkSettings(${camel(name)}.settings, { amount: '25 %' }).settings).toEqual({ amount: 0.25 });
    expect(checkSettings(${camel(name)}.settings, { amount: '250 %' }).problems).toHaveLength(1);
  });
});
`,
});

const diagnostic = (code: string): Files => ({
  [`server/src/diagnostics/model/${kebab(code)}.ts`]: `import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { sketch } from '../shared/sketch.ts';

export const ${camel(code)} = defineDiagnostic({
  subject: 'model',
  code: '${kebab(code)}',
  severity: 'warning',
  what: 'What is wrong, in one sentence.',
  why: 'Why it matters.',
  remedy: 'What to do.',
  *detect({ model }) {
    if (model.graph.nodes.length === 0) yield { message: 'The model has no nodes.' };
  },
  // Tests and docs are made from these: it must be found in the first, and not in the second.
  bad: [() => sketch({ inputs: { x: [1, 4] }, outputs: { x: [1, 4] }, nodes: [] })],
  good: [
    () =>
      sketch({ inputs: { x: [1, 4] }, outputs: { y: [1, 4] }, nodes: [createNode('Relu', ['x'], ['y'])] }),
  ],
});
`,
});

const kinds: Readonly<Record<string, (name: string) => Files>> = { operator, step, diagnostic };
const [kind = '', name] = process.argv.slice(2);
const make = kinds[kind];
if (!make || !name) {
  console.error(`Say what to make: npm run new:${Object.keys(kinds).join('|new:')} NAME`);
  process.exit(2);
}
const files = make(name);
for (const [path, text] of Object.entries(files)) {
  if (existsSync(path)) {
    console.error(`${path} exists already`);
    process.exit(2);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(path);
}
spawnSync('npx', ['biome', 'format', '--write', '--vcs-enabled=false', ...Object.keys(files)], {
  shell: process.platform === 'win32',
});
