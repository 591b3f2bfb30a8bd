import { expect, test } from 'vitest';
import { createRng } from '../../../base/rng.ts';
import { type Builder, createBuilder } from '../../../ir/builder.ts';
import { createModel } from '../../../ir/create-model.ts';
import type { Shape } from '../../../ir/dim.ts';
import { Graph } from '../../../ir/graph.ts';
import type { Model } from '../../../ir/model.ts';
import type { NdArray } from '../../../ir/nd-array.ts';
import { tensorType } from '../../../ir/value-type.ts';
import { modelBytes } from '../../../onnx/write.ts';
import { ortRunner } from '../../../runtime/session.ts';
import { rewriteModel } from '../../driver.ts';
import type { Rule } from '../../rule.ts';

/** A small graph for a rule: float inputs by name and shape, and a function that writes the nodes and returns the outputs. */
export interface Example {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly build: (build: Builder) => string | readonly string[];
  readonly opset?: number;
  /** Sizes of symbolic dimensions when the model is run; 3 by default. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Inputs that are integers in 0..3 rather than normal floats. */
  readonly integers?: readonly string[];
}

export const proofModel = ({ inputs, build, opset = 18, integers = [] }: Example): Model => {
  const graph = new Graph('example');
  for (const [name, shape] of Object.entries(inputs))
    graph.inputs.push({ name, type: tensorType(integers.includes(name) ? 'int64' : 'float', shape) });
  const outputs = build(createBuilder(graph));
  for (const name of typeof outputs === 'string' ? [outputs] : outputs) graph.outputs.push({ name });
  return createModel(graph, opset);
};

const run = async (model: Model, feeds: Readonly<Record<string, NdArray>>) => {
  const session = await ortRunner.open(model, { optimization: 'disabled', threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
};

export const evaluateModel = (model: Model) => run(model, {});

/**
 * Proves that the rule turns the example into these operators (in graph order, bodies after their node) and that
 * onnxruntime computes the same before and after; that the given model stays as it was; and that the outputs keep their names.
 */
export function proves(
  rule: Rule,
  example: Example,
  operators: readonly string[],
  { tolerance = 1e-5 }: { readonly tolerance?: number } = {},
): void {
  test(`${rule.name}: ${example.name}`, async () => {
    const model = proofModel(example);
    const bytes = modelBytes(model);
    const { model: rewritten, applied } = await rewriteModel(model, [rule], { evaluate: evaluateModel });
    expect(opTypes(rewritten.graph)).toEqual(operators);
    expect(applied.get(rule.name)).toBeGreaterThan(0);
    expect(Buffer.compare(modelBytes(model), bytes)).toBe(0);
    const feeds = feedsOf(example);
    const [before, after] = [await run(model, feeds), await run(rewritten, feeds)];
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const [name, expected] of Object.entries(before)) expectClose(after[name]!, expected, tolerance);
  });
}

/** Proves that the rule leaves the example alone, and that the reason given matches. */
export function refuses(rule: Rule, example: Example, reason: RegExp | 'no match'): void {
  test(`${rule.name} leaves alone: ${example.name}`, async () => {
    const model = proofModel(example);
    const {
      model: rewritten,
      applied,
      refused,
    } = await rewriteModel(model, [rule], { evaluate: evaluateModel });
    expect(applied.get(rule.name) ?? 0).toBe(0);
    expect(opTypes(rewritten.graph)).toEqual(opTypes(model.graph));
    const reasons = refused.map((refusal) => refusal.reason);
    if (reason === 'no match') expect(reasons).toEqual([]);
    else expect(reasons.some((text) => reason.test(text)) || reasons).toBe(true);
  });
}

export const opTypes = (graph: Graph): string[] =>
  graph.nodes.flatMap((node) => [
    node.domain === '' ? node.opType : `${node.domain}.${node.opType}`,
    ...[...node.attributes.values()].flatMap((attribute) =>
      attribute.kind === 'graph' ? opTypes(attribute.value) : [],
    ),
  ]);

function feedsOf({ inputs, sizes = {}, integers = [] }: Example): Record<string, NdArray> {
  const rng = createRng(7);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => {
      const dims = shape.map((dim) => (typeof dim === 'number' ? dim : (sizes[dim] ?? 3)));
      const count = dims.reduce((a, b) => a * b, 1);
      const array: NdArray = integers.includes(name)
        ? { type: 'int64', dims, data: BigInt64Array.from({ length: count }, () => BigInt(rng.integer(4))) }
        : { type: 'float', dims, data: Float32Array.from({ length: count }, () => rng.normal()) };
      return [name, array];
    }),
  );
}

function expectClose(actual: NdArray, expected: NdArray, tolerance: number): void {
  expect(actual.dims).toEqual(expected.dims);
  expect(actual.type).toBe(expected.type);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(actual.data[i]), Number(expected.data[i])];
    worst = Math.max(worst, Math.abs(a - b) / (1 + Math.abs(b)));
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
