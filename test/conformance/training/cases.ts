import { adam } from '../../../server/src/autodiff/optimizers/adam.ts';
import type { Optimizer } from '../../../server/src/autodiff/optimizers/optimizer.ts';
import { rmsprop } from '../../../server/src/autodiff/optimizers/rmsprop.ts';
import { sgd } from '../../../server/src/autodiff/optimizers/sgd.ts';

/** A training that Pare and PyTorch both run from the same weights and batches. */
export interface CurveCase {
  readonly name: string;
  readonly model: string;
  readonly set: string;
  readonly form: 'grey' | 'colour';
  readonly batch: number;
  readonly steps: number;
  readonly rate: number;
  readonly decay: number;
  readonly smoothing: number;
  readonly optimizer: Optimizer;
  /** The same optimizer for PyTorch's script. */
  readonly peer: string;
}

const lenet = { model: 'lenet-5.onnx', set: 'fashion-mnist', form: 'grey', batch: 64, steps: 50 } as const;
const resnet = {
  model: 'cifar-resnet8.onnx',
  set: 'fashion-mnist',
  form: 'colour',
  batch: 32,
  steps: 50,
} as const;
const plain = { decay: 0, smoothing: 0 } as const;

export const curveCases: readonly CurveCase[] = [
  { name: 'LeNet-5, SGD', ...lenet, ...plain, rate: 0.01, optimizer: sgd({ momentum: 0.9 }), peer: 'sgd' },
  {
    name: 'LeNet-5, Nesterov, smoothing',
    ...lenet,
    decay: 0,
    smoothing: 0.1,
    rate: 0.01,
    optimizer: sgd({ momentum: 0.9, nesterov: true }),
    peer: 'nesterov',
  },
  {
    name: 'LeNet-5, AdamW',
    ...lenet,
    decay: 0.05,
    smoothing: 0,
    rate: 0.001,
    optimizer: adam(),
    peer: 'adamw',
  },
  { name: 'LeNet-5, RMSProp', ...lenet, ...plain, rate: 0.00003, optimizer: rmsprop(), peer: 'rmsprop' },
  {
    name: 'LeNet-300-100, SGD',
    ...lenet,
    ...plain,
    model: 'lenet-300-100.onnx',
    rate: 0.05,
    optimizer: sgd({ momentum: 0.9 }),
    peer: 'sgd',
  },
  { name: 'ResNet-8, SGD', ...resnet, ...plain, rate: 0.001, optimizer: sgd({ momentum: 0.9 }), peer: 'sgd' },
  { name: 'ResNet-8, Adam', ...resnet, ...plain, rate: 0.0002, optimizer: adam(), peer: 'adam' },
];
