import { describe, expect, it } from 'vitest';
import { modelProblems } from './check.ts';
import type { ModelDiagnostic } from './define.ts';
import { fixModel } from './fix.ts';
import { diagnostics } from './index.ts';
import { deadNode } from './model/dead-node.ts';
import { unusedInitializer } from './model/unused-initializer.ts';
import { modelContext } from './model-context.ts';

const models = diagnostics.filter(({ subject }) => subject === 'model') as ModelDiagnostic[];
// Its example has no bytes to look at.
const whole = models.filter(({ code }) => code !== 'over-two-gigabytes');

describe.each(
  whole.flatMap(({ code, bad }) => bad.map((make, index) => [`${code} ${index}`, make] as const)),
)('%s', (_, make) => {
  it('is mended once and for all, and nothing new is wrong', () => {
    const before = modelProblems(modelContext(make(), { readsWeights: true }), 'm.onnx');
    const { model, applied } = fixModel(make());
    expect(applied.length > 0).toBe(before.some(({ modelFix }) => modelFix));
    const after = modelProblems(modelContext(model, { readsWeights: true }), 'm.onnx');
    expect(after.filter(({ modelFix }) => modelFix)).toEqual([]);
    const errors = (problems: typeof after) => problems.filter(({ severity }) => severity === 'error').length;
    expect(errors(after)).toBeLessThanOrEqual(errors(before));
    expect(fixModel(model).applied).toEqual([]);
  });
});

it('mends only what is asked for', () => {
  const [make] = unusedInitializer.bad;
  expect(fixModel(make!(), { codes: [deadNode.code] }).applied).toEqual([]);
  expect(fixModel(make!(), { codes: [unusedInitializer.code] }).applied).toHaveLength(1);
});
