import { int, ints, text } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { intList } from '../../ops/shared/calculator.ts';

const isReorder = (node: Node | undefined, opType: string): node is Node =>
  node?.domain === blockedDomain && node.opType === opType;

/** Channels filled up to whole blocks. */
export const wholeBlocks = (channels: number, block: number): number => Math.ceil(channels / block) * block;

/** Images [N, C, H, W] in blocks of channels, missing channels filled with zeros: those that exist already where they do. */
export function toBlocks(build: Builder, value: string): string {
  const producer = build.graph.producer(value);
  if (isReorder(producer, 'ReorderOutput')) return producer.inputs[0]!;
  const known = build.graph.consumers(value).find((node) => isReorder(node, 'ReorderInput'));
  return known?.outputs[0] ?? reorderInput(build, value);
}

/** Brings the second axis of [N, C, H, W] to blocks. */
export const reorderInput = (build: Builder, value: string): string =>
  build.op('ReorderInput', [value], {}, { domain: blockedDomain });

/** Images [N, C, H, W] from blocks of channels. */
export const fromBlocks = (build: Builder, value: string, channels: number, name?: string): string =>
  build.op(
    'ReorderOutput',
    [value],
    { channels: int(channels) },
    { domain: blockedDomain, ...(name ? { name } : {}) },
  );

/** Weights [M, C, h, w] as the kernels read them, [M / b, C / b, h, w, b of C, b of M]; fewer channels than a block are no block. */
export function weightBlocks(
  build: Builder,
  weights: string,
  shape: readonly [number, number, number, number],
  block: number,
): string {
  const [filters, channels, height, width] = shape;
  const [m, c] = [wholeBlocks(filters, block), channels < block ? channels : wholeBlocks(channels, block)];
  const filled =
    m === filters && c === channels
      ? weights
      : build.op('Pad', [weights, intList(build, [0, 0, 0, 0, m - filters, c - channels, 0, 0])]);
  const inner = channels < block ? 1 : block;
  const split = build.op('Reshape', [
    filled,
    intList(build, [m / block, block, c / inner, inner, height, width]),
  ]);
  const turned = build.op('Transpose', [split], { perm: ints([0, 2, 4, 5, 3, 1]) });
  return build.op('Reshape', [turned, intList(build, [m, c, height, width])]);
}

/** A blocked convolution. */
export const blockedConv = (
  build: Builder,
  inputs: readonly string[],
  window: {
    readonly kernel: readonly number[];
    readonly strides?: readonly number[];
    readonly dilations?: readonly number[];
    readonly pads: readonly number[];
    readonly group?: number;
  },
): string =>
  build.op(
    'Conv',
    inputs,
    {
      kernel_shape: ints(window.kernel),
      pads: ints(window.pads),
      ...(window.strides ? { strides: ints(window.strides) } : {}),
      ...(window.dilations ? { dilations: ints(window.dilations) } : {}),
      ...(window.group ? { group: int(window.group) } : {}),
    },
    { domain: blockedDomain },
  );

/** What a channel's values become: factor x + summand + add, then the activation. */
export interface Channelwise {
  /** Vector [C]; 1 by default. */
  readonly factor?: string;
  /** Vector [C]. */
  readonly summand?: string;
  /** Images in blocks, of the same size. */
  readonly add?: string;
  readonly activation?: 'Relu';
}

/** Changes images in blocks channel by channel: a convolution of each channel alone with a kernel of one element. */
export function channelwise(
  build: Builder,
  value: string,
  channels: number,
  { factor, summand, add, activation }: Channelwise,
  pads: readonly number[] = [0, 0, 0, 0],
): string {
  const weights =
    factor === undefined
      ? build.constant('float', [channels, 1, 1, 1], new Float32Array(channels).fill(1))
      : build.op('Reshape', [factor, intList(build, [channels, 1, 1, 1])]);
  return build.op(
    'Conv',
    [
      value,
      weights,
      ...(summand === undefined && add === undefined ? [] : [summand ?? '']),
      ...(add ? [add] : []),
    ],
    {
      kernel_shape: ints([1, 1]),
      pads: ints(pads),
      group: int(channels),
      ...(activation ? { activation: text(activation) } : {}),
    },
    { domain: blockedDomain },
  );
}

/** Whether images come out of blocks. */
export const isBlocked = (graph: Graph, value: string): boolean =>
  isReorder(graph.producer(value), 'ReorderOutput');

/** Gives a value that nothing reads yet another name. */
export function named(graph: Graph, value: string, name: string): void {
  const producer = graph.producer(value)!;
  graph.update(producer, { outputs: producer.outputs.map((output) => (output === value ? name : output)) });
}

/** Readers that bring to blocks what has just come out of them take it from before. */
export function joinBlocks(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (!isReorder(node, 'ReorderInput')) continue;
    const source = graph.producer(node.inputs[0]!);
    if (!isReorder(source, 'ReorderOutput')) continue;
    graph.replaceUses(node.outputs[0]!, source.inputs[0]!);
    graph.remove([node]);
  }
}

/** The model with the domain of the blocked kernels among its operator sets, where its graph uses them. */
export const withBlockedDomain = (model: Model): Model =>
  model.graph.nodes.some(({ domain }) => domain === blockedDomain)
    ? { ...model, opsets: new Map([...model.opsets, [blockedDomain, 1]]) }
    : model;
