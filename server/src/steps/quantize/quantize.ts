import * as z from 'zod';
import { inferShapes } from '../../analysis/shapes.ts';
import { PareError } from '../../base/errors.ts';
import { percentage } from '../../base/setting-types.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model, opsetOf } from '../../ir/model.ts';
import { bodiesOf, labelOf, type Node } from '../../ir/node.ts';
import { upgradeModel } from '../../onnx/upgrade/upgrade.ts';
import { rewriteModel } from '../../rewrite/driver.ts';
import { removeUnused } from '../../rewrite/unused.ts';
import { defineStep, type LayerChange, type StepContext } from '../define.ts';
import { withFrozenInputs } from '../shared/frozen-inputs.ts';
import { originals, weightedLayers, weightedOps } from '../shared/weighted-layers.ts';
import { type CalibrationMethod, measureRanges } from './calibrate.ts';
import { type Choice, choose } from './choose.ts';
import { insertQuantizers } from './insert.ts';
import { preparationRules } from './prepare.ts';

export const quantize = defineStep({
  name: 'quantize',
  summary: 'Stores weights in int8 and computes with 8-bit integers.',
  details: [
    'Static quantization in the QDQ form of ONNX (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018): int8 weights with a scale for each output channel, 8-bit activations whose ranges are measured on calibration samples, int32 biases.',
    '',
    'The file shrinks to about a quarter. How much faster it runs depends on the processor; the quantizers are placed so that ONNX Runtime fuses every layer into an integer kernel. Layers without such a kernel stay in float, and the report says why.',
    '',
    'Put `optimize` before it: a BatchNormalization that is not folded keeps its convolution from being fused.',
  ].join('\n'),
  version: 1,
  settings: z.strictObject({
    weights: z.enum(['int8']).default('int8').describe('Type of the stored weights.'),
    activations: z
      .enum(['uint8', 'int8'])
      .default('uint8')
      .describe(
        'Type of the values between layers: `uint8` is what ONNX Runtime fuses best on x86; `int8` suits ARM.',
      ),
    'per-channel': z
      .boolean()
      .default(true)
      .describe('A scale for each output channel of the weights, rather than one for all of them.'),
    calibration: z
      .enum(['minmax', 'percentile', 'mse', 'entropy'])
      .default('minmax')
      .describe(
        'How ranges are found: `minmax` takes the least and the greatest value; `percentile` cuts outliers off; `mse` takes the range with the least mean squared error; `entropy` the one that loses the least information.',
      ),
    percentile: percentage()
      .prefault('99.99 %')
      .describe('With `calibration: percentile`, the share of values that lies in the range.'),
    samples: z.int().min(1).default(512).describe('Calibration samples, chosen by the seed.'),
    'first-layer': z
      .enum(['int8', 'float'])
      .default('int8')
      .describe(
        'Keeps the first layer in float where it is `float`: it often costs accuracy and gains little.',
      ),
    'last-layer': z
      .enum(['int8', 'float'])
      .default('int8')
      .describe('Keeps the last layer in float where it is `float`.'),
  }),
  layerSettings: z.strictObject({
    skip: z.boolean().optional().describe('Keeps the layer in float.'),
  }),
  layerOps: weightedOps,
  needs: () => ({ data: true }),
  apply: async (model, settings, context) => {
    refuseQuantized(model.graph);
    const perChannel = settings['per-channel'];
    const data = calibrationData(context);
    const { model: float } = await rewriteModel(raised(model), preparationRules());
    const copy = cloneModel(float);
    const { graph } = copy;
    const sources = originals(graph, model.graph);
    const leave = leftByRequest(graph, sources, settings, context);
    const choice = choose(graph, inferShapes(copy), opsetOf(copy), leave);
    const measured = new Set(
      [...choice.values].flatMap(([value, item]) => (graph.constant(value) ? [] : [item.measured])),
    );
    const ranges = await measureRanges(
      float,
      [...measured],
      { data, samples: settings.samples, seed: context.seed, method: methodOf(settings) },
      context,
    );
    insertQuantizers(graph, choice, { perChannel, activations: settings.activations, ranges });
    removeUnused(graph);
    const layers = changes(model, choice, sources, perChannel);
    const notes = notesOf(layers, choice, data, settings.samples, context);
    if (opsetOf(copy) > opsetOf(model))
      notes.push(
        `The model was raised from opset ${opsetOf(model)} to ${opsetOf(copy)}, which has the quantizers that it needs.`,
      );
    return { model: copy, notes, layers };
  },
});

/**
 * DequantizeLinear takes a scale for each channel since this version of ai.onnx. Models of older ones are raised even where
 * one scale a layer would do: ONNX Runtime 1.30 fails to run the int32 biases that it fuses at opset 10.
 */
const oldestOpset = 13;

const quantizedOps =
  /^(QuantizeLinear|DequantizeLinear|DynamicQuantizeLinear|MatMulNBits|(Mat|Conv)\w*Integer\w*|QLinear\w+|QGemm|QAttention|DynamicQuantize\w+)$/;

function refuseQuantized(graph: Graph): void {
  const found = graph.nodes.find((node) => quantizedOps.test(node.opType));
  if (found) {
    throw new PareError(
      'already-quantized',
      `The model is quantized already: it holds ${found.opType} '${labelOf(found)}'.`,
      {
        hint: 'Quantize the float model that it was made from; a second rounding only loses accuracy.',
        place: { name: labelOf(found) },
      },
    );
  }
  for (const node of graph.nodes) for (const body of bodiesOf(node)) refuseQuantized(body);
}

/** The float model with constants that are constants, in a version that has what is asked for. */
function raised(model: Model): Model {
  const frozen = withFrozenInputs(model);
  if (opsetOf(frozen) >= oldestOpset) return frozen;
  const { model: newer, blocked } = upgradeModel(frozen, oldestOpset);
  const [first] = blocked;
  if (!first) return newer;
  throw new PareError(
    'opset-too-old',
    `Quantization needs opset ${oldestOpset}, and the model of opset ${opsetOf(model)} cannot be raised: ${first.node ? `'${labelOf(first.node)}': ` : ''}${first.reason}.`,
    { hint: `Export the model with opset ${oldestOpset} or later.` },
  );
}

const methodOf = ({
  calibration,
  percentile,
}: {
  readonly calibration: CalibrationMethod['name'];
  readonly percentile: number;
}): CalibrationMethod =>
  calibration === 'percentile' ? { name: calibration, share: percentile } : { name: calibration };

function calibrationData({ train, test }: StepContext): Dataset {
  const data = train ?? test;
  if (data) return data;
  throw new PareError(
    'calibration-data-missing',
    'Quantization needs samples to measure the ranges of values.',
    {
      hint: 'Name them in the recipe under `data.train`.',
    },
  );
}

/** Why the recipe keeps a node in float, or undefined. */
function leftByRequest(
  graph: Graph,
  sources: ReadonlyMap<Node, Node>,
  settings: { readonly 'first-layer': string; readonly 'last-layer': string },
  context: StepContext,
): (node: Node) => string | undefined {
  const weighted = weightedLayers(graph).filter((layer) => layer.graph === graph);
  return (node) => {
    const source = sources.get(node);
    if (source && (context.layer(source) as { readonly skip?: boolean }).skip) return 'the recipe says so';
    if (settings['first-layer'] === 'float' && node === weighted[0]?.node) return 'it is the first layer';
    if (settings['last-layer'] === 'float' && node === weighted.at(-1)?.node) return 'it is the last layer';
    return undefined;
  };
}

function changes(
  model: Model,
  { roles, reasons }: Choice,
  sources: ReadonlyMap<Node, Node>,
  perChannel: boolean,
): LayerChange[] {
  const results = new Map<Node, string>();
  for (const [node, role] of roles) {
    const how =
      role.kind === 'weighted' && perChannel && role.axis !== undefined ? 'per channel' : 'per tensor';
    if (sources.has(node)) results.set(sources.get(node)!, `int8 ${how}`);
  }
  for (const [node, reason] of reasons)
    if (sources.has(node)) results.set(sources.get(node)!, `left in float: ${reason}`);
  return weightedLayers(model.graph).map(({ node, graph }) => ({
    layer: labelOf(node),
    op: node.opType,
    change:
      graph === model.graph
        ? (results.get(node) ?? 'left in float: its input is not in 8 bits')
        : 'left in float: it is inside of a body of If, Loop or Scan',
  }));
}

function notesOf(
  layers: readonly LayerChange[],
  { reasons, values }: Choice,
  data: Dataset,
  samples: number,
  { train }: StepContext,
): string[] {
  const done = layers.filter(({ change }) => change.startsWith('int8')).length;
  const unfolded = [...reasons.keys()].filter((node) => node.opType === 'BatchNormalization').length;
  return [
    `${done} of ${layers.length} layers with weights compute in int8; ${values.size} values between layers are stored in 8 bits.`,
    `Ranges were measured on ${Math.min(samples, data.size)} samples${train ? '' : ' of the test data, since the recipe names no training data'}.`,
    ...(unfolded > 0
      ? [
          `${unfolded} BatchNormalization ${unfolded === 1 ? 'node stays' : 'nodes stay'} in float and slow the model down: put \`optimize\` before \`quantize\`.`,
        ]
      : []),
  ];
}
