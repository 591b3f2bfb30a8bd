import { availableParallelism } from 'node:os';

/** A model that both train, from the same weights and on the same batches. */
export interface Case {
  readonly name: string;
  /** An ONNX file of the shared models, which PyTorch's side reads too; or a network of `peers/`, which exports itself. */
  readonly model: { readonly shared: string } | { readonly network: 'encoder' };
  /** Of a sample. */
  readonly shape: readonly number[];
  readonly batch: number;
  /** Samples are so many different tokens; images otherwise. */
  readonly vocabulary?: number;
}

const all: readonly Case[] = [
  { name: 'LeNet-5, batch 64', model: { shared: 'lenet-5.onnx' }, shape: [1, 28, 28], batch: 64 },
  { name: 'ResNet-8, batch 128', model: { shared: 'cifar-resnet8.onnx' }, shape: [3, 32, 32], batch: 128 },
  {
    name: 'Transformer, batch 32',
    model: { network: 'encoder' },
    shape: [64],
    batch: 32,
    vocabulary: 1000,
  },
];

/** The cases whose names hold what `PARE_CASE` says; all of them without it. */
export const cases: readonly Case[] = all.filter(({ name }) =>
  name.toLowerCase().includes((process.env.PARE_CASE ?? '').toLowerCase()),
);

/** PyTorch's forms of a case: a layout of channels says something of images alone. */
export const variantsOf = (
  item: Case,
): readonly { readonly name: string; readonly args: readonly string[] }[] => [
  { name: 'PyTorch', args: [] },
  ...(item.vocabulary === undefined ? [{ name: 'PyTorch, channels last', args: ['--channels-last'] }] : []),
];

export const threads = (): number => Number(process.env.PARE_THREADS ?? Math.min(2, availableParallelism()));
export const rate = 0.001;
/** Different batches, which come round and round. */
export const batches = 4;
