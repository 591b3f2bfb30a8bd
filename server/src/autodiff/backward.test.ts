import { describe, expect, it } from 'vitest';
import { growingShapes } from '../analysis/shapes.ts';
import { float, int } from '../ir/attribute.ts';
import type { Builder } from '../ir/builder.ts';
import type { Shape } from '../ir/dim.ts';
import { tensorType } from '../ir/value-type.ts';
import { ortRunner } from '../runtime/session.ts';
import { modelOf, normal } from '../steps/shared/step.testing.ts';
import { backward } from './backward.ts';

const size = (shape: Shape) =>
  shape.reduce<number>((a, dim) => a * (typeof dim === 'number' ? dim : batch), 1);
const batch = 3;

/**
 * Compares the gradients of <y, r> (r random) by the reverse walk with central differences along random directions, both on
 * onnxruntime. `batch` may be symbolic in the shapes.
 */
async function check(
  inputs: Readonly<Record<string, Shape>>,
  output: Shape,
  build: (build: Builder) => string,
): Promise<void> {
  const model = modelOf(inputs, build);
  const y = model.graph.outputs[0]!.name;
  model.graph.inputs.push({ name: 'r', type: tensorType('float', output) });
  const { gradients } = backward(model.graph, {
    shapes: growingShapes(model),
    seeds: new Map([[y, 'r']]),
    wanted: Object.keys(inputs),
  });
  for (const name of gradients.values()) model.graph.outputs.push({ name });
  const session = await ortRunner.open(model);
  const dims = (shape: Shape) => shape.map((dim) => (typeof dim === 'number' ? dim : batch));
  const point = Object.fromEntries(
    Object.entries(inputs).map(([name, shape], i) => [name, normal(size(shape), i + 1)]),
  );
  const direction = Object.fromEntries(
    Object.entries(inputs).map(([name, shape], i) => [name, normal(size(shape), i + 50)]),
  );
  const r = normal(size(output), 99);
  const at = async (step: number) => {
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, shape]) => [
        name,
        {
          type: 'float',
          dims: dims(shape),
          data: point[name]!.map((x, i) => x + step * direction[name]![i]!),
        } as const,
      ]),
    );
    return session.run({ ...feeds, r: { type: 'float', dims: dims(output), data: r } });
  };
  const project = (data: ArrayLike<number>) => r.reduce((sum, x, i) => sum + x * data[i]!, 0);
  const h = 1e-2;
  const [plus, minus, here] = [await at(h), await at(-h), await at(0)];
  const numeric =
    (project(plus[y]!.data as Float32Array) - project(minus[y]!.data as Float32Array)) / (2 * h);
  let analytic = 0;
  for (const [name, gradient] of gradients) {
    expect(here[gradient]!.dims).toEqual(dims(inputs[name]!));
    (here[gradient]!.data as Float32Array).forEach((g, i) => {
      analytic += g * direction[name]![i]!;
    });
  }
  await session.close();
  expect(Math.abs(analytic - numeric)).toBeLessThan(2e-3 * (1 + Math.abs(numeric)));
}

describe('the reverse walk', () => {
  it('adds the gradients of a value that is read twice by one node', () =>
    check({ x: [2, 3] }, [2, 3], (build) => build.op('Mul', ['x', 'x'])));

  it('adds the gradients of all branches', () =>
    check({ x: [2, 3] }, [2, 3], (build) =>
      build.op('Add', [build.op('Tanh', ['x']), build.op('Mul', ['x', build.op('Sigmoid', ['x'])])]),
    ));

  it('undoes broadcasting of leading axes, of axes of size 1, and of both', async () => {
    await check({ x: ['batch', 4], b: [4] }, ['batch', 4], (build) => build.op('Mul', ['x', 'b']));
    await check({ x: ['batch', 4], b: ['batch', 1] }, ['batch', 4], (build) => build.op('Mul', ['x', 'b']));
    await check({ x: ['batch', 4, 5], b: [4, 1] }, ['batch', 4, 5], (build) => build.op('Sub', ['x', 'b']));
    await check({ x: ['batch', 4], b: [] }, ['batch', 4], (build) => build.op('Mul', ['x', 'b']));
    await check({ x: [1, 1], b: ['batch', 4] }, ['batch', 4], (build) => build.op('Mul', ['x', 'b']));
  });

  it('differentiates a perceptron whose matrix is tied', () =>
    check({ x: ['batch', 4], w: [4, 4], b: [4] }, ['batch', 4], (build) => {
      const layer = (x: string) => build.op('Tanh', [build.op('Gemm', [x, 'w', 'b'], { alpha: float(0.5) })]);
      return layer(layer('x'));
    }));

  it('differentiates a convolutional block with a residual path and a symbolic batch', () =>
    check({ x: ['batch', 2, 6, 6], w: [2, 2, 3, 3] }, ['batch', 2, 6, 6], (build) => {
      const pads = { pads: { kind: 'ints', value: [1, 1, 1, 1] } } as const;
      return build.op('Tanh', [build.op('Add', ['x', build.op('Conv', ['x', 'w'], pads)])]);
    }));

  it.each(['RNN', 'LSTM', 'GRU'])('differentiates an %s over a number of steps that is not known', (type) => {
    const gates = { RNN: 1, LSTM: 4, GRU: 3 }[type]!;
    const shapes = { x: ['batch', 2, 3], w: [1, 2 * gates, 3], u: [1, 2 * gates, 2] };
    return check(shapes, ['batch', 1, 2, 2], (build) =>
      build.op(type, ['x', 'w', 'u'], { hidden_size: int(2) }),
    );
  });

  it('writes nothing for values that are not wanted', () => {
    const model = modelOf({ x: [2], w: [2], v: [2] }, (build) =>
      build.op('Mul', [build.op('Mul', ['x', 'w']), build.op('Exp', ['v'])]),
    );
    const before = model.graph.nodes.length;
    model.graph.inputs.push({ name: 'r', type: tensorType('float', [2]) });
    const { gradients } = backward(model.graph, {
      shapes: growingShapes(model),
      seeds: new Map([[model.graph.outputs[0]!.name, 'r']]),
      wanted: ['w'],
    });
    expect([...gradients.keys()]).toEqual(['w']);
    // d = r exp(v), dw = d x: two products and nothing of the exponential's own gradient.
    expect(model.graph.nodes.slice(before).map(({ opType }) => opType)).toEqual(['Mul', 'Mul']);
  });

  it('names the operator that has no gradient', () => {
    const unknown = modelOf({ x: [2] }, (build) => build.op('Mystery', ['x']));
    const y = unknown.graph.outputs[0]!.name;
    unknown.graph.inputs.push({ name: 'r', type: tensorType('float', [2]) });
    const shapes = growingShapes(unknown);
    shapes.assume(y, tensorType('float', [2]));
    expect(() => backward(unknown.graph, { shapes, seeds: new Map([[y, 'r']]), wanted: ['x'] })).toThrow(
      expect.objectContaining({ code: 'no-gradient', message: expect.stringContaining('Mystery') }),
    );
  });
});
