import { describe, expect, it } from 'vitest';
import { modelCost } from '../analysis/cost.ts';
import { inferShapes } from '../analysis/shapes.ts';
import { inputsOf, toInputType } from '../data/feeds.ts';
import { shapeOf } from '../ir/value-type.ts';
import { modelBytes } from '../onnx/write.ts';
import { ortRunner } from '../runtime/session.ts';
import { buildArchitecture } from './build.ts';
import { type Architecture, architectureSchema } from './schema.ts';

const lenet: Architecture = {
  input: [1, 28, 28],
  layers: ['conv 20 5x5', 'maxpool 2', 'conv 50 5x5', 'maxpool 2', 'dense 500 relu', 'dense 10'],
};
const block = (channels: number, stride: number) => ({
  residual: [
    `conv ${channels} 3x3 stride ${stride} same batchnorm relu`,
    `conv ${channels} 3x3 same batchnorm`,
  ],
  activation: 'relu',
});
const resnet: Architecture = {
  input: [3, 32, 32],
  layers: [
    'conv 16 3x3 same batchnorm relu',
    block(16, 1),
    block(32, 2),
    block(64, 2),
    'globalpool',
    'dropout 20 %',
    'dense 10',
  ],
};
const mobile: Architecture = {
  input: [3, 16, 16],
  layers: [
    'conv 8 3x3 stride 2 same batchnorm relu',
    'depthwise 3x3 same batchnorm relu',
    'conv 16 1x1 hardswish',
    'avgpool 2',
    'flatten',
    'dense 12 batchnorm tanh',
    'dense 4',
  ],
};

const text: Architecture = {
  input: [12],
  layers: ['embedding 40 8', 'gru 6 both all', 'lstm 5', 'dense 3'],
};

describe('an architecture', () => {
  it('has the parameters of the published networks', () => {
    expect(modelCost(buildArchitecture(lenet, 1)).parameters).toBe(431_080);
    expect(
      modelCost(
        buildArchitecture({ input: [784], layers: ['dense 300 relu', 'dense 100 relu', 'dense 10'] }, 1),
      ).parameters,
    ).toBe(266_610);
  });

  it.each([
    ['LeNet-5', lenet],
    ['ResNet-8', resnet],
    ['depthwise', mobile],
    ['text', text],
  ])(
    '%s runs, with the shapes that inference gives and values that neither grow nor vanish',
    async (_, architecture) => {
      const model = buildArchitecture(architecture, 1);
      const shapes = inferShapes(model);
      expect(shapes.problems).toEqual([]);
      const session = await ortRunner.open(model);
      const dims = [4, ...architecture.input];
      const count = dims.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(i));
      const [input] = inputsOf(model);
      const { scores } = await session.run({
        [input!.name]: toInputType({ type: 'float', dims, data }, input!),
      });
      await session.close();
      expect(scores!.dims.slice(1)).toEqual(shapeOf(shapes.types.get('scores'))!.slice(1));
      const values = scores!.data as Float32Array;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      expect(deviation).toBeGreaterThan(0.02);
      expect(deviation).toBeLessThan(20);
    },
  );

  it('shares no weight between layers, however narrow they are', () => {
    const narrow: Architecture = {
      input: [1, 8, 8],
      layers: ['conv 2 batchnorm', 'depthwise batchnorm', 'conv 2', 'conv 2 2x2', 'dense 2', 'dense 2'],
    };
    const { graph } = buildArchitecture(narrow, 1);
    expect([...graph.initializers.keys()].filter((name) => graph.consumers(name).length !== 1)).toEqual([]);
    for (const { inputs } of graph.nodes) expect(new Set(inputs).size).toBe(inputs.length);
  });

  it('is the same for the same seed, and another for another one', () => {
    expect(
      Buffer.compare(modelBytes(buildArchitecture(resnet, 7)), modelBytes(buildArchitecture(resnet, 7))),
    ).toBe(0);
    expect(
      Buffer.compare(modelBytes(buildArchitecture(resnet, 7)), modelBytes(buildArchitecture(resnet, 8))),
    ).not.toBe(0);
  });

  it.each([
    ['conv 20 5x5 pads 2', "'pads' is not understood"],
    ['cnov 20', "Did you mean 'conv'"],
    ['conv', 'the number of channels is missing'],
    ['conv 8 40x40', 'does not fit'],
    ['conv 9 3x3 groups 2', 'do not divide'],
    ['maxpool 99', 'does not fit'],
    ['lstm 8', 'needs a sequence'],
    ['embedding 9 4', 'a list of tokens'],
    ['dense 0', 'between 1 and 65536'],
  ])('says what is wrong with `%s`', (layer, message) => {
    expect(() => buildArchitecture({ input: [1, 28, 28], layers: [layer] }, 1)).toThrow(message);
  });

  it('is bounded before memory is taken', () => {
    expect(() => buildArchitecture({ input: [65_536], layers: ['dense 65536'] }, 1)).toThrow('parameters');
    expect(
      architectureSchema.safeParse({ input: [1, 28, 28], layers: Array(2000).fill('relu') }).success,
    ).toBe(false);
  });
});
