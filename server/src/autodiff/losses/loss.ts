import type { Builder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import type { Shape } from '../../ir/dim.ts';
import type { TensorType } from '../../ir/value-type.ts';

/**
 * A loss writes its value, a scalar, and its own gradient with respect to the model's output: closed forms are shorter and
 * more exact than what the reverse walk would make of the composed operators. All are means over the batch.
 */
export interface Loss {
  readonly name: string;
  /** The target that the output is compared with, given the output's type. */
  readonly target: (output: TensorType) => { readonly type: DataType; readonly shape: Shape };
  /** True when the loss reads raw scores, so that a Softmax or Sigmoid that ends the model is passed over. */
  readonly scores: 'Softmax' | 'Sigmoid' | undefined;
  readonly build: (context: LossContext) => BuiltLoss;
}

export interface LossContext {
  readonly build: Builder;
  /** The model's output. */
  readonly output: string;
  readonly type: TensorType;
  readonly target: string;
}

export interface BuiltLoss {
  /** Scalar. */
  readonly loss: string;
  /** Gradient of the loss by the output. */
  readonly gradient: string;
  /** Scalars worth watching beside the loss: name -> value. */
  readonly metrics?: Readonly<Record<string, string>>;
}
