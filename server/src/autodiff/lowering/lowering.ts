import type { GradientContext } from '../../ops/define.ts';

/** Gradients of a node's inputs, as `GradientRule` gives them. */
export type Gradients = readonly (string | undefined)[];

/**
 * Another form of an operator's gradient, equal to its own rule in every value and faster in onnxruntime where it applies;
 * undefined where it does not. Attributes are read by the operator's own rules.
 */
export type Lowering = (context: GradientContext<Readonly<Record<string, unknown>>>) => Gradients | undefined;
