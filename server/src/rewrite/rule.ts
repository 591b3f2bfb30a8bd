import type { Builder } from '../ir/builder.ts';
import type { Shape } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { TensorType } from '../ir/value-type.ts';
import { type NodePattern, parsePattern } from './pattern.ts';

/** One rewriting of graphs that keeps what they compute. */
export type Rule = PatternRule | GraphRule;

/** Replaces what a pattern matches. */
export interface PatternRule {
  readonly kind: 'pattern';
  /** Stable, kebab-case: reports and settings use it. */
  readonly name: string;
  /** One sentence: what becomes what. */
  readonly summary: string;
  readonly patterns: readonly NodePattern[];
  /** True when inner nodes of the match may have other readers: the rule is worth it all the same. */
  readonly shared: boolean;
  /** The first version of `ai.onnx` that has the operators which the rule writes. */
  readonly opset: number;
  /** Why the rule cannot be applied here, or undefined when it can. */
  readonly check: (match: Match) => string | undefined;
  /**
   * Writes the replacement and returns the values that stand for the root's outputs. Nodes that nobody reads then are
   * removed by the driver. It may change inner nodes in place, so that a layer keeps its name.
   */
  readonly rewrite: (match: Match) => string | readonly string[];
}

/** Looks at a whole graph at once. */
export interface GraphRule {
  readonly kind: 'graph';
  readonly name: string;
  readonly summary: string;
  /** Edits the graph, its bodies excepted, and returns how many nodes or constants it changed. */
  readonly run: (graph: Graph, context: RewriteContext) => Promise<number> | number;
}

/** What rules may ask about the model. */
export interface RewriteContext {
  /** The model around the graph, for its opsets and its IR version. */
  readonly model: Model;
  readonly opset: number;
  /** Type of a value as inferred before this round; undefined for values that are new since then. */
  readonly type: (value: string) => TensorType | undefined;
  readonly shape: (value: string) => Shape | undefined;
  /** Integer elements that are known though they are computed, such as parts of a shape. */
  readonly ints: (value: string) => readonly (number | string)[] | undefined;
  /** Runs a model without inputs and gives its outputs; undefined where nothing can be run. */
  readonly evaluate: ((model: Model) => Promise<Readonly<Record<string, NdArray>>>) | undefined;
  /** Notes that a rule passed something by, and why. */
  readonly refuse: (rule: string, node: Node, reason: string) => void;
}

/** One place where a pattern matches. Asking for a name that the pattern does not have is a mistake in the rule and throws. */
export interface Match {
  readonly graph: Graph;
  readonly context: RewriteContext;
  readonly root: Node;
  readonly node: (name: string) => Node;
  readonly value: (name: string) => string;
  /** The value, or undefined for an optional one that is left out. */
  readonly optional: (name: string) => string | undefined;
  readonly tensor: (name: string) => Tensor;
  readonly type: (name: string) => TensorType | undefined;
  readonly shape: (name: string) => Shape | undefined;
  /** Writes nodes before the root. */
  readonly build: Builder;
}

interface PatternDeclaration {
  readonly name: string;
  readonly summary: string;
  readonly patterns: readonly string[];
  readonly shared?: boolean;
  readonly opset?: number;
  readonly check?: PatternRule['check'];
  readonly rewrite: PatternRule['rewrite'];
}

/** Declares a rule by patterns: see `pattern.ts` for how they are written. */
export function patternRule({ patterns, ...declaration }: PatternDeclaration): Rule {
  return {
    kind: 'pattern',
    shared: false,
    opset: 1,
    check: () => undefined,
    ...declaration,
    patterns: patterns.map(parsePattern),
  };
}

/** Declares a rule that looks at a whole graph. */
export const graphRule = (declaration: Omit<GraphRule, 'kind'>): Rule => ({ kind: 'graph', ...declaration });
