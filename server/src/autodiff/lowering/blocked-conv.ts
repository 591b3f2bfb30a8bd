import { createBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import { readAttributes, staticShape } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { convBiasGradient } from '../../ops/shared/conv-gradient.ts';
import { depthwiseInputGradient, depthwiseWeightGradient } from './blocked-depthwise.ts';
import { blockedWeightGradient } from './blocked-weight-gradient.ts';
import { blockedConv, fromBlocks, named, toBlocks, weightBlocks, wholeBlocks } from './blocks.ts';
import { inputGradient, weightGradient } from './conv.ts';
import { type Geometry, geometryOf } from './geometry.ts';
import type { Lowering } from './lowering.ts';
import { subPixelGradient } from './sub-pixel-gradient.ts';
import { worthBlocks, worthDepthwise, worthSubPixels, worthWeights } from './worth-blocks.ts';

/**
 * Gradients of Conv by onnxruntime's kernels on blocks of channels.
 *
 * dX with stride 1 is a Conv, which `blockConvolutions` takes care of. With a stride s it is one convolution of dY that gives
 * the s^2 cells of dX that lie under an element of dY as s^2 times as many channels (sub-pixel convolution, Shi et al. 2016).
 *
 * dW is a convolution too, whose kernel is dY: see `blockedWeightGradient`.
 */
export const blockedConvGradient =
  (block: number): Lowering =>
  ({ build, inputs, types, attributes, dy: [dy], wants }) => {
    if (!dy) return undefined;
    const [x, w, bias] = inputs as readonly [string, string, string | undefined];
    const shape = types(x).shape;
    const geometry = geometryOf(staticShape(shape?.slice(1)), staticShape(types(w).shape), attributes);
    if (!geometry || geometry.window.dilations.some((step) => step !== 1)) return undefined;
    const dB = () => (bias && wants(2) ? convBiasGradient(build, dy, 2) : undefined);
    if (geometry.depthwise)
      return worthDepthwise(geometry, block)
        ? [
            wants(0) ? depthwiseInputGradient(build, dy, w, geometry) : undefined,
            wants(1) ? depthwiseWeightGradient(build, x, dy, geometry, block) : undefined,
            dB(),
          ]
        : undefined;
    return [
      wants(0)
        ? (worthSubPixels(geometry, block) && subPixelGradient(build, dy, w, geometry, block)) ||
          inputGradient(build, dy, w, geometry)
        : undefined,
      wants(1)
        ? worthWeights(geometry, block)
          ? blockedWeightGradient(build, x, dy, geometry, shape![0]!, block)
          : weightGradient(build, x, dy, geometry)
        : undefined,
      dB(),
    ];
  };

/** Runs the convolutions of a graph, forward and backward, by the kernels on blocks of channels where that is worth it. */
export function blockConvolutions(graph: Graph, types: ReadonlyMap<string, ValueType>, block: number): void {
  for (const node of [...graph.nodes]) {
    const geometry = convolution(node, types);
    if (geometry && worthBlocks(geometry, block)) replaceConvolution(graph, node, geometry, block);
  }
}

function convolution(node: Node, types: ReadonlyMap<string, ValueType>): Geometry | undefined {
  if (node.domain !== '' || node.opType !== 'Conv') return undefined;
  const [image, weights] = node.inputs.map((name) => shapeOf(types.get(name)));
  return geometryOf(
    staticShape(image?.slice(1)),
    staticShape(weights),
    readAttributes(operatorOf(node)!.attributes, node.attributes),
  );
}

function replaceConvolution(graph: Graph, node: Node, geometry: Geometry, block: number): void {
  const { window, channels, filters, depthwise } = geometry;
  const [x, w, bias] = node.inputs as readonly [string, string, string | undefined];
  const build = createBuilder(graph, node, `${node.outputs[0]}.`);
  const image = channels < block ? x : toBlocks(build, x);
  const shape = [filters, depthwise ? 1 : channels, window.kernel[0]!, window.kernel[1]!] as const;
  const inputs = [image, weightBlocks(build, w, shape, block)];
  const missing = wholeBlocks(filters, block) - filters;
  if (bias) inputs.push(missing === 0 ? bias : build.op('Pad', [bias, intList(build, [0, missing])]));
  const result = blockedConv(build, inputs, depthwise ? { ...window, group: channels } : window);
  const whole = fromBlocks(build, result, filters);
  graph.remove([node]);
  named(graph, whole, node.outputs[0]!);
}
