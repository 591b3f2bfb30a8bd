import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inferShapes } from '../../analysis/shapes.ts';
import { buildArchitecture } from '../../architecture/build.ts';
import type { Architecture, LayerText } from '../../architecture/schema.ts';
import { sharedData } from '../../data/shared-data.testing.ts';
import type { Model } from '../../ir/model.ts';
import { sizeOf, tensor } from '../../ir/tensor.ts';
import { shapeOf } from '../../ir/value-type.ts';
import { openModel } from '../../onnx/files.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../shared/step.testing.ts';
import { shrinkWidths } from './shrink-widths.ts';

const network = (scale: (width: number) => number): Architecture => {
  const block = (channels: number, stride: number): LayerText => ({
    residual: [
      `conv ${scale(channels)} 3x3 stride ${stride} same batchnorm relu`,
      `conv ${scale(channels)} 3x3 same batchnorm`,
    ],
    activation: 'relu',
  });
  return {
    input: [3, 16, 16],
    layers: [
      `conv ${scale(8)} 3x3 same batchnorm relu`,
      block(8, 1),
      block(16, 2),
      'depthwise 3x3 same batchnorm relu',
      'maxpool 2',
      'flatten',
      `dense ${scale(30)} relu`,
      'dense 10',
    ],
  };
};
const weights = ({ graph }: Model) => [...graph.initializers.values()].filter(({ type }) => type === 'float');

describe('shrinkWidths', () => {
  it('gives the network that the same words with smaller numbers give', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), (percent) => {
        const share = percent / 100;
        const { model } = shrinkWidths(
          buildArchitecture(
            network((width) => width),
            1,
          ),
          share,
        );
        const wanted = buildArchitecture(
          network((width) => Math.max(1, Math.round(width * share))),
          1,
        );
        expect(weights(model).map(({ name, dims }) => [name, dims])).toEqual(
          weights(wanted).map(({ name, dims }) => [name, dims]),
        );
        expect(inferShapes(model).problems).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('answers as before when the channels that go are dead', async () => {
    const whole = buildArchitecture(
      { input: [2, 6, 6], layers: ['conv 8 3x3 relu', 'flatten', 'dense 4'] },
      1,
    );
    const kernel = weights(whole).find(({ dims }) => dims.length === 4)!;
    const each = sizeOf(kernel) / 8;
    const values = normal(sizeOf(kernel));
    for (const dead of [0, 3, 4, 6]) values.fill(0, dead * each, (dead + 1) * each);
    whole.graph.setInitializer(tensor(kernel.name, 'float', kernel.dims, values));
    const { model, cut } = shrinkWidths(whole, 0.5);
    expect(cut).toBe(1);
    const input = { type: 'float', dims: [3, 2, 6, 6], data: normal(3 * 72, 5) } as const;
    const [before, after] = await Promise.all(
      [whole, model].map(async (each) => {
        const session = await ortRunner.open(each);
        const { scores } = await session.run({ image: input });
        await session.close();
        return [...(scores!.data as Float32Array)];
      }),
    );
    for (const [i, value] of after!.entries()) expect(value).toBeCloseTo(before![i]!, 4);
  });

  it('says why nothing can be narrower', () => {
    const model = modelOf({ x: ['N', 4] }, (build) =>
      build.op('MatMul', ['x', build.constant('float', [4, 3], normal(12))]),
    );
    expect(() => shrinkWidths(model, 0.5)).toThrow(expect.objectContaining({ code: 'distill-width' }));
  });

  const resnet = join(sharedData ?? '', 'models', 'cifar-resnet8.onnx');
  it.skipIf(!existsSync(resnet))('narrows a network whose exporter shared vectors between layers', () => {
    const { model, blocked } = shrinkWidths(openModel(resnet), 0.5);
    const widths = new Set(
      model.graph.nodes
        .filter(({ opType }) => opType === 'Conv')
        .map(({ outputs }) => shapeOf(inferShapes(model).types.get(outputs[0]!))![1]),
    );
    expect([...widths].sort()).toEqual([16, 32, 8]);
    // The image's channels and the classes.
    expect(blocked).toHaveLength(2);
  });
});
