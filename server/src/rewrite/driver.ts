import { inferShapes } from '../analysis/shapes.ts';
import { Cancelled } from '../base/errors.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import type { Graph } from '../ir/graph.ts';
import { cloneModel, type Model, opsetOf } from '../ir/model.ts';
import { bodiesOf, createNode, labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import { shapeOf } from '../ir/value-type.ts';
import { type Bindings, matchesAt } from './match.ts';
import type { GraphRule, Match, PatternRule, RewriteContext, Rule } from './rule.ts';
import { removeUnused } from './unused.ts';

export interface RewriteOptions {
  /** Runs a model without inputs: what constant folding needs. */
  readonly evaluate?: NonNullable<RewriteContext['evaluate']>;
  readonly signal?: AbortSignal;
}

export interface RewriteResult {
  /** A new model; the given one is not changed. */
  readonly model: Model;
  /** How often each rule was applied. */
  readonly applied: ReadonlyMap<string, number>;
  /** Places where a rule's pattern matched and its check said no, in the final graph. */
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly rule: string;
  /** `labelOf` the node. */
  readonly node: string;
  readonly reason: string;
}

/** Rewriting that has not come to rest by then is stopped: the graph is right after every single step. */
const largestRounds = 30;
const largestSweeps = 30;

/**
 * Applies rules to the model's graph and to the bodies in it until none applies any more. Each round infers shapes once,
 * runs the graph rules, and sweeps the pattern rules over the nodes until nothing changes. Model-local functions are left
 * as they are: inside of them neither types nor attributes are known.
 */
export async function rewriteModel(
  model: Model,
  rules: readonly Rule[],
  options: RewriteOptions = {},
): Promise<RewriteResult> {
  const copy = cloneModel(model);
  const applied = new Map<string, number>();
  let refused: Refusal[] = [];
  const count = (rule: string, times: number) => {
    if (times > 0) applied.set(rule, (applied.get(rule) ?? 0) + times);
    return times;
  };
  const patterns = indexByOp(rules.filter((rule) => rule.kind === 'pattern'));
  const graphRules = rules.filter((rule) => rule.kind === 'graph');
  for (let round = 0; round < largestRounds; round++) {
    refused = [];
    const context = createContext(copy, options, (refusal) => refused.push(refusal));
    let changes = 0;
    for (const graph of graphsOf(copy.graph)) {
      for (const rule of graphRules) {
        if (options.signal?.aborted) throw new Cancelled();
        changes += count(rule.name, await runGraphRule(rule, graph, context));
      }
      for (let sweep = 0; sweep < largestSweeps; sweep++) {
        if (options.signal?.aborted) throw new Cancelled();
        refused = refused.filter(({ rule }) => !patterns.names.has(rule));
        const fired = sweepPatterns(graph, patterns.byOp, context, count);
        changes += fired;
        if (fired === 0) break;
      }
    }
    if (changes === 0) break;
  }
  removeUnused(copy.graph);
  return { model: copy, applied, refused };
}

/** The graph and the bodies inside of it, outermost first. */
function graphsOf(graph: Graph): Graph[] {
  return [graph, ...graph.nodes.flatMap((node) => bodiesOf(node).flatMap(graphsOf))];
}

function indexByOp(rules: readonly PatternRule[]) {
  const byOp = new Map<string, PatternRule[]>();
  for (const rule of rules) {
    for (const op of new Set(rule.patterns.flatMap((pattern) => pattern.ops))) {
      const list = byOp.get(op);
      if (list) list.push(rule);
      else byOp.set(op, [rule]);
    }
  }
  return { byOp, names: new Set(rules.map((rule) => rule.name)) };
}

function createContext(
  model: Model,
  { evaluate }: RewriteOptions,
  note: (refusal: Refusal) => void,
): RewriteContext {
  const shapes = inferShapes(model);
  const type = (value: string) => {
    const found = shapes.types.get(value);
    return found?.kind === 'tensor' ? found : undefined;
  };
  return {
    model,
    opset: opsetOf(model),
    type,
    shape: (value) => shapeOf(type(value)),
    ints: (value) => shapes.ints.get(value),
    evaluate,
    refuse: (rule, node, reason) => note({ rule, node: labelOf(node), reason }),
  };
}

async function runGraphRule(rule: GraphRule, graph: Graph, context: RewriteContext): Promise<number> {
  const changes = await rule.run(graph, context);
  if (changes > 0) graph.sort();
  return changes;
}

function sweepPatterns(
  graph: Graph,
  rules: ReadonlyMap<string, readonly PatternRule[]>,
  context: RewriteContext,
  count: (rule: string, times: number) => number,
): number {
  let fired = 0;
  const before = graph.nodes;
  for (const node of before) {
    const candidates = rules.get(qualifiedOp(node));
    if (!candidates || !isPresent(graph, node)) continue;
    const rule = candidates.find((candidate) => applyAt(graph, node, candidate, context));
    if (rule) fired += count(rule.name, 1);
  }
  if (fired > 0) graph.sort();
  return fired;
}

const isPresent = (graph: Graph, node: Node): boolean =>
  node.outputs.some((output) => output !== '' && graph.producer(output) === node);

/** Applies a rule with `root` as the outermost node of its pattern; true when it did. */
function applyAt(graph: Graph, root: Node, rule: PatternRule, context: RewriteContext): boolean {
  for (const pattern of rule.patterns) {
    for (const bindings of matchesAt(graph, pattern, root)) {
      const made = new Set<string>();
      const match = createMatch(graph, root, bindings, context, made);
      const reason = refusal(rule, match, bindings);
      if (reason === undefined) {
        const results = rule.rewrite(match);
        substitute(graph, root, typeof results === 'string' ? [results] : results, made);
        removeDead(graph, bindings.matched);
        return true;
      }
      context.refuse(rule.name, root, reason);
    }
  }
  return false;
}

function refusal(rule: PatternRule, match: Match, { matched }: Bindings): string | undefined {
  if (match.context.opset < rule.opset)
    return `it needs opset ${rule.opset}, the model has ${match.context.opset}`;
  const inside = new Set(matched);
  if (!rule.shared) {
    for (const node of matched.slice(1)) {
      const leaks = (output: string) =>
        match.graph.isOutput(output) || match.graph.consumers(output).some((reader) => !inside.has(reader));
      if (node.outputs.some(leaks)) return `the result of '${labelOf(node)}' is read elsewhere too`;
    }
  }
  return rule.check(match);
}

function createMatch(
  graph: Graph,
  root: Node,
  { values, nodes }: Bindings,
  context: RewriteContext,
  made: Set<string>,
): Match {
  const named = <T>(found: T | undefined, name: string): T => {
    if (found === undefined) throw new Error(`a pattern binds no '${name}'`);
    return found;
  };
  const value = (name: string) => named(values.get(name), name);
  return {
    graph,
    context,
    root,
    node: (name) => named(nodes.get(name), name),
    value,
    optional: (name) => values.get(name),
    tensor: (name) => named(graph.constant(value(name)), name),
    type: (name) => context.type(value(name)),
    shape: (name) => context.shape(value(name)),
    build: recording(createBuilder(graph, root), made),
  };
}

/** A builder that remembers which values it made. */
function recording(builder: Builder, made: Set<string>): Builder {
  const multi: Builder['multi'] = (...call) => {
    const outputs = builder.multi(...call);
    for (const output of outputs) made.add(output);
    return outputs;
  };
  return {
    ...builder,
    multi,
    op: (opType, inputs, attributes, options) => multi(opType, inputs, 1, attributes, options)[0]!,
  };
}

/** Makes everybody read `results` in place of the root's outputs. The graph's own outputs keep their names. */
function substitute(graph: Graph, root: Node, results: readonly string[], made: ReadonlySet<string>): void {
  const pairs = root.outputs.flatMap((from, index) => {
    const to = results[index];
    return from === '' || to === undefined || to === from ? [] : [{ from, to }];
  });
  if (pairs.length === 0) return;
  const { from: output, to: first } = pairs[0]!;
  for (const { from, to } of pairs) graph.replaceUses(from, to);
  graph.remove([root]);
  for (const { from, to } of pairs) {
    graph.valueInfo.delete(from);
    if (graph.isOutput(from)) nameOutput(graph, from, to, root);
  }
  const heir = graph.producer(graph.defines(first) ? first : output);
  if (heir && root.name !== '' && made.has(first)) graph.update(heir, { name: root.name });
}

function nameOutput(graph: Graph, output: string, value: string, root: Node): void {
  const producer = graph.producer(value);
  if (producer && !graph.isOutput(value)) {
    graph.update(producer, { outputs: producer.outputs.map((name) => (name === value ? output : name)) });
    graph.replaceUses(value, output);
    graph.valueInfo.delete(value);
  } else graph.add([createNode('Identity', [value], [output], { name: root.name })]);
}

/** Removes matched nodes that nobody reads any more, outermost first. */
function removeDead(graph: Graph, matched: readonly Node[]): void {
  for (const node of matched) {
    const isRead = (output: string) =>
      output !== '' && (graph.isOutput(output) || graph.consumers(output).length > 0);
    if (isPresent(graph, node) && !node.outputs.some(isRead)) graph.remove([node]);
  }
}
