import type { Attribute } from '../../ir/attribute.ts';
import type { DataType } from '../../ir/data-type.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import type { TensorType } from '../../ir/value-type.ts';

/** How an operator's older form becomes the form of one version of `ai.onnx`. Everything it writes is in that version's form. */
export interface Upgrade {
  readonly ops: readonly string[];
  /** The first version with the new form. */
  readonly version: number;
  /** Changes the node, which stays the producer of its outputs. Returns why it cannot, before anything was changed. */
  readonly apply: (node: Node, context: UpgradeContext) => string | undefined;
}

export interface UpgradeContext {
  readonly graph: Graph;
  /** Writes a node with one output before the one at hand; gives the name of its output. */
  readonly op: (
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => string;
  /** Writes a constant; gives its name. */
  readonly constant: (
    type: DataType,
    dims: readonly number[],
    values: readonly (number | bigint)[],
  ) => string;
  /** What the file says of a value's type. */
  readonly type: (value: string) => TensorType | undefined;
  /** The element type of a value, `float` where the model holds no other type of floats, else undefined. */
  readonly floatType: (value: string) => DataType | undefined;
}

export const defineUpgrade = (upgrade: Upgrade): Upgrade => upgrade;
