import { describe, expect, it } from 'vitest';
import { inferShapes } from '../../server/src/analysis/shapes.ts';
import { PareError } from '../../server/src/base/errors.ts';
import { type Dim, substitute } from '../../server/src/ir/dim.ts';
import type { NdArray } from '../../server/src/ir/nd-array.ts';
import { qualifiedOp } from '../../server/src/ir/node.ts';
import { formatType, type ValueType } from '../../server/src/ir/value-type.ts';
import { isNone, type Operator, type Sample, sampleOpset } from '../../server/src/ops/define.ts';
import { operators } from '../../server/src/ops/index.ts';
import { gradientProblems, symbolicBatch } from './operators/adjoint.ts';
import { channelProblems } from './operators/channels.ts';
import { quantizationProblems } from './operators/quantized.ts';
import { outputName, runOnce, sampleModel } from './operators/sample-model.ts';
import { survivalProblems } from './operators/survives.ts';

/**
 * Every operator of the table, on every sample of its own, against onnxruntime: a new operator file needs no line here.
 * Each test gives the list of what is wrong, by sample.
 */
describe.each(
  operators.map((operator) => ({ name: qualifiedOp({ ...operator, opType: operator.type }), operator })),
)('$name', ({ operator }) => {
  const { samples } = operator;
  if (isNone(samples)) {
    it.skip(`has no samples: ${samples.none}`, () => {});
    return;
  }

  it('has samples', () => expect(samples.length).toBeGreaterThan(0));

  it('infers what onnxruntime gives', async () => {
    expect(await problems(samples, (sample) => inferenceProblems(operator, sample))).toEqual([]);
  });

  it('survives types that are missing or wrong', async () => {
    expect(await problems(samples, async (sample) => survivalProblems(operator, sample))).toEqual([]);
  });

  it.skipIf(isNone(operator.gradient))('has the gradient of its forward run', async () => {
    const found = await problems(
      samples.filter((sample) => hasGradient(operator, sample)),
      async (sample) => [
        ...(await gradientProblems(operator, sample, false)),
        ...(hasBatch(sample) ? await batchGradientProblems(operator, sample) : []),
      ],
    );
    expect(found).toEqual([]);
  });

  it.skipIf(isNone(operator.quantize) || operator.domain !== '')(
    'stays near its float result in int8',
    async () => {
      expect(await problems(samples, (sample) => quantizationProblems(operator, sample))).toEqual([]);
    },
  );

  it.skipIf(isNone(operator.channels))('couples axes that can be cut together', async () => {
    expect(await problems(samples, (sample) => channelProblems(operator, sample))).toEqual([]);
  });
});

it('declares every operator once', () => {
  const names = operators.map(({ domain, type }) => `${domain}:${type}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

async function problems(
  samples: readonly Sample[],
  find: (sample: Sample) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const all: string[] = [];
  for (const sample of samples) {
    try {
      for (const text of await find(sample)) all.push(`${sample.name}: ${text}`);
    } catch (error) {
      all.push(`${sample.name}: ${(error as Error).message}`);
    }
  }
  return all;
}

const hasBatch = (sample: Sample): boolean =>
  sample.noBatch === undefined &&
  (sample.inputs[0]?.shape.length ?? 0) > (sample.batchAxis ?? 0) &&
  !sample.inputs[0]?.constant;

/** Gradients are written for opset 18 and later (`GradientContext`). */
const hasGradient = (operator: Operator, { noGradient, opset }: Sample): boolean =>
  noGradient === undefined && (operator.domain !== '' || (opset ?? sampleOpset('')) >= 18);

/** As for fixed sizes; a rule may also say that it needs them. */
async function batchGradientProblems(operator: Operator, sample: Sample): Promise<readonly string[]> {
  try {
    return (await gradientProblems(operator, sample, true)).map((text) => `batch: ${text}`);
  } catch (error) {
    if (error instanceof PareError && error.code === 'gradient-unknown') return [];
    throw error;
  }
}

async function inferenceProblems(operator: Operator, sample: Sample): Promise<readonly string[]> {
  const { model, feeds } = sampleModel(operator, sample);
  const results = await runOnce(model, feeds);
  const known = inferShapes(model);
  const found = [
    ...known.problems.map(({ message }) => message),
    ...Object.keys(results).flatMap((_, index) => mismatch(known.types, results, index, sample, new Map())),
  ];
  if (!hasBatch(sample)) return found;
  const size = sample.inputs[0]!.shape[sample.batchAxis ?? 0]!;
  const symbolic = inferShapes(model, symbolicBatch(sample));
  return [
    ...found,
    ...symbolic.problems.map(({ message }) => `batch: ${message}`),
    ...Object.keys(results)
      .flatMap((_, index) => mismatch(symbolic.types, results, index, sample, new Map([['N', size]])))
      .map((text) => `batch: ${text}`),
  ];
}

/** How an inferred type differs from the array that onnxruntime gives, with the symbols' sizes put in. */
function mismatch(
  types: ReadonlyMap<string, ValueType>,
  results: Readonly<Record<string, NdArray>>,
  index: number,
  sample: Sample,
  sizes: ReadonlyMap<string, Dim>,
): readonly string[] {
  const name = outputName(index);
  const [type, result] = [types.get(name), results[name]!];
  const wrong = [
    `${name}: inferred ${formatType(type)}, but onnxruntime gives ${result.type}[${result.dims}]`,
  ];
  if (type?.kind !== 'tensor' || type.type !== result.type) return wrong;
  if (!type.shape) return sample.dataDependent ? [] : wrong;
  const fits =
    type.shape.length === result.dims.length &&
    type.shape.every((dim, axis) => {
      const value = substitute(dim, sizes);
      return value === result.dims[axis] || (sample.dataDependent === true && typeof value === 'string');
    });
  return fits ? [] : wrong;
}
