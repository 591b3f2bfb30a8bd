import type { Model } from '../ir/model.ts';
import { finishGraph, inOrder, statisticsSlots } from './finish-step.ts';
import type { TargetInput } from './losses/build-losses.ts';
import { type SeparateUpdate, separateStep } from './separate-step.ts';
import type { StateSlot } from './state.ts';
import { type GradientOptions, writeGradients } from './step-gradients.ts';
import type { MaskInput } from './training-form.ts';
import { type UpdateOptions, writeUpdate } from './update.ts';

export interface TrainStepOptions extends GradientOptions, UpdateOptions {
  /** Radius of sharpness-aware minimization; it needs a separate update. */
  readonly sharpness?: number;
}

/** A training step as one ONNX graph, or two. Beside the inputs named here it takes the model's own inputs. */
export interface TrainStep {
  readonly model: Model;
  readonly state: readonly StateSlot[];
  readonly masks: readonly MaskInput[];
  readonly data: readonly string[];
  readonly targets: readonly TargetInput[];
  /** Inputs for the learning rate and for the number of the step, from 1: float scalars. */
  readonly rate: string;
  readonly step: string;
  /** Scalars: `loss` first, then what the losses and clipping add: metric -> graph output. */
  readonly metrics: ReadonlyMap<string, string>;
  /** Values of the backward pass -> label of the layer whose gradient they belong to. */
  readonly origins: ReadonlyMap<string, string>;
  /** Values that stand for those of a layer in the forward pass, in a faster form -> label of that layer. */
  readonly layers: ReadonlyMap<string, string>;
  /** With it `model` reads the parameters, but writes statistics and gradients alone. */
  readonly update?: SeparateUpdate;
}

/**
 * Writes the training step of a model: forward pass, loss, backward pass and the optimizer's update, in standard operators
 * that any ONNX runtime executes. Weights without a gradient stay constants.
 * Errors: those of `trainingForm` and `backward`; `nothing-to-train`; `loss-output`.
 */
export function trainStep(model: Model, options: TrainStepOptions): TrainStep {
  const written = writeGradients(model, options);
  const { build, trained, statistics, share, masks, data, targets, origins, layers } = written;
  const common = { model: written.model, masks, data, targets, origins, layers };
  if (share !== undefined) return { ...common, ...separateStep(written, share, options) };
  const update = writeUpdate(build, trained, statistics, options);
  const state = inOrder(update.state, statisticsSlots(statistics));
  const metrics = new Map([...written.metrics, ...update.metrics]);
  finishGraph(build.graph, state, state, metrics);
  const { rate, step } = update;
  return { ...common, state, rate, step, metrics };
}
