import * as z from 'zod';
import { type Model, opsetOf } from '../../ir/model.ts';
import { labelOf } from '../../ir/node.ts';
import { upgradeModel } from '../../onnx/upgrade/upgrade.ts';
import { type Refusal, rewriteModel } from '../../rewrite/driver.ts';
import { rules } from '../../rewrite/rules/index.ts';
import { defineStep } from '../define.ts';
import type { Runner } from '../runner.ts';
import { withFrozenInputs } from '../shared/frozen-inputs.ts';

/** Rules whose pattern is a single node match often: that a Reshape reshapes is no news. */
const looksAtOneNode: ReadonlySet<string> = new Set(
  rules.flatMap((rule) =>
    rule.kind === 'pattern' &&
    rule.patterns.every(({ inputs }) => inputs.every(({ kind }) => kind !== 'node'))
      ? [rule.name]
      : [],
  ),
);

/** Reasons beyond this many a rule are counted, not listed. */
const listedReasons = 3;

export const optimize = defineStep({
  name: 'optimize',
  summary: 'Rewrites the graph so that it computes the same with fewer operations and fewer bytes.',
  details: [
    'Constants are folded, unused and repeated nodes removed, and sequences fused that one operator can do, such as BatchNormalization into the convolution before it.',
    '',
    'The result computes the same up to rounding, needs no data, and never has more bytes. Put it before `quantize`: int8 gains only where convolutions are fused.',
    '',
    'Rules:',
    '',
    ...rules.map((rule) => `- \`${rule.name}\`: ${rule.summary}`),
  ].join('\n'),
  version: 1,
  settings: z.strictObject({
    except: z
      .array(z.enum(rules.map((rule) => rule.name)))
      .default([])
      .describe('Rules that are not applied.'),
    opset: z
      .int()
      .min(7)
      .max(24)
      .optional()
      .describe(
        'Raises the model to this version of ai.onnx first: newer versions have operators such as LayerNormalization (17) and Gelu (20). By default the version stays.',
      ),
  }),
  layerOps: [],
  apply: async (model, { except, opset }, { runner, signal }) => {
    const excluded: ReadonlySet<string> = new Set(except);
    const wanted = rules.filter((rule) => !excluded.has(rule.name));
    const before = model.graph.nodes.length;
    const { model: source, blocked } = upgradeModel(withFrozenInputs(model), opset ?? opsetOf(model));
    const result = await rewriteModel(source, wanted, {
      evaluate: evaluator(runner),
      signal,
    });
    const after = result.model.graph.nodes.length;
    const notes = [
      `${before} nodes became ${after}.`,
      ...blocked.map(
        ({ node, reason }) => `The opset stays: ${node ? `'${labelOf(node)}': ` : ''}${reason}.`,
      ),
      ...wanted.flatMap(({ name, summary }) => {
        const times = result.applied.get(name);
        return times ? [`${name}, ${times} ${times === 1 ? 'time' : 'times'}: ${summary}`] : [];
      }),
      ...refusalNotes(result.refused),
    ];
    return { model: result.model, notes, layers: [] };
  },
});

/** Runs a model without inputs as it is written, so that folding changes no result. */
const evaluator = (runner: Runner) => async (model: Model) => {
  const session = await runner.open(model, { optimization: 'disabled', threads: 1 });
  try {
    return await session.run({});
  } finally {
    await session.close();
  }
};

function refusalNotes(refused: readonly Refusal[]): readonly string[] {
  const byRule = new Map<string, Refusal[]>();
  for (const refusal of refused) {
    if (looksAtOneNode.has(refusal.rule)) continue;
    byRule.set(refusal.rule, [...(byRule.get(refusal.rule) ?? []), refusal]);
  }
  return [...byRule].map(([rule, found]) => {
    const listed = found.slice(0, listedReasons).map(({ node, reason }) => `'${node}': ${reason}`);
    const more = found.length > listedReasons ? `; and ${found.length - listedReasons} more` : '';
    return `${rule} left ${found.length} as ${found.length === 1 ? 'it is' : 'they are'}: ${listed.join('; ')}${more}.`;
  });
}
