import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { type GradientContext, refuseGradient } from '../define.ts';
import { type Calculator, calculator, intList } from './calculator.ts';
import {
  type CellContext,
  type RecurrentType,
  recurrentCells,
  recurrentTypes,
  type Step,
} from './recurrent-cells.ts';

/** Steps above this number would make a backward pass of tens of thousands of nodes. */
const mostSteps = 512;

const defaults: Readonly<Record<RecurrentType, readonly string[]>> = {
  RNN: ['Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
};

/**
 * Backpropagation through time, unrolled: the steps are computed again, since the operator gives no gates, and then walked
 * backwards. Time must be known; the batch may be symbolic. Refuses what it has no formula for.
 */
export function recurrentGradient(
  context: GradientContext,
  type: RecurrentType,
): readonly (string | undefined)[] {
  const { build, inputs, types, dy, wants } = context;
  if (dy.every((flow) => flow === undefined)) return [];
  const attributes = context.attributes as Readonly<Record<string, unknown>>;
  refuseUnknown(context, attributes, type);
  const { gates } = recurrentTypes[type];
  const [steps, , features] = types(inputs[0]!).shape!;
  const hidden = types(inputs[2]!).shape![2];
  if (typeof steps !== 'number' || typeof hidden !== 'number' || typeof features !== 'number')
    return refuseGradient(context, 'the number of steps is not known');
  if (steps > mostSteps) return refuseGradient(context, `it has more than ${mostSteps} steps`);
  const m = calculator(context);
  const directions = attributes.direction === 'bidirectional' ? 2 : 1;
  const rows = gates * hidden;
  const dyParts = dy[0] && pieces(build, dy[0], 1, directions).map((part) => pieces(build, part, 0, steps));
  const ends = [1, 2].map((output) => dy[output] && pieces(build, dy[output], 0, directions));
  const parts = inputs.map((value, input) => (value && input > 0 ? pieces(build, value, 0, directions) : []));
  const results = Array.from({ length: directions }, (_, d) => {
    const backwards = attributes.direction === 'reverse' || d === 1;
    const direction = {
      w: parts[1]![d]!,
      r: parts[2]![d]!,
      b: parts[3]?.[d],
      h: parts[5]?.[d],
      c: parts[6]?.[d],
    };
    const cell = cellContext(build, m, direction, {
      type,
      hidden,
      resetAfter: attributes.linear_before_reset === 1,
    });
    const bias = inputBias(build, m, direction.b, { type, rows, hidden, resetAfter: cell.resetAfter });
    const product = m.matmul(inputs[0]!, m.transpose(direction.w, 2));
    const xw = pieces(build, bias ? m.add(product, bias) : product, 0, steps);
    const order = Array.from({ length: steps }, (_, t) => (backwards ? steps - 1 - t : t));
    const run: Step[] = [];
    const before: (string | undefined)[] = [];
    let [h, c]: (string | undefined)[] = [direction.h, direction.c];
    for (const t of order) {
      before.push(h);
      const step = recurrentCells[type](cell, xw[t]!, { h, c });
      run.push(step);
      [h, c] = [step.h, step.c];
    }
    let dh = ends[0]?.[d];
    let dc = ends[1]?.[d];
    const found: { readonly x: string; readonly r: string }[] = [];
    for (let at = steps - 1; at >= 0; at--) {
      const own = dyParts?.[d]?.[order[at]!];
      const total = own && dh ? m.add(own, dh) : (own ?? dh);
      // Only the last cell state may have a gradient while the last h has none.
      const gradient = run[at]!.backward(
        total ?? m.where(build.constant('bool', [], [0]), run[at]!.h, 0),
        dc,
      );
      found[at] = gradient;
      [dh, dc] = [gradient.h, gradient.c];
    }
    /** Rows of all steps in the order of time, [time batch, columns]. */
    const stack = (values: readonly string[]) => build.op('Concat', values, { axis: int(0) });
    const inTime = order.map((_, t) => found[order.indexOf(t)]!);
    const dxRows = stack(inTime.map(({ x }) => x));
    const dr = () => recurrentWeights(build, m, { found, before, run, hidden, gates }, direction.r);
    return {
      x: wants(0) ? m.matmul(m.reshape(dxRows, [steps, -1, rows]), direction.w) : undefined,
      w: wants(1) ? m.matmul(m.transpose(dxRows, 2), m.reshape(inputs[0]!, [-1, features])) : undefined,
      r: wants(2) ? dr() : undefined,
      b:
        direction.b && wants(3)
          ? build.op(
              'Concat',
              [m.sum(dxRows, [0], false), m.sum(stack(found.map(({ r }) => r)), [0], false)],
              {
                axis: int(0),
              },
            )
          : undefined,
      h: direction.h ? dh : undefined,
      c: direction.c ? dc : undefined,
    };
  });
  const joined = (key: 'w' | 'r' | 'b' | 'h' | 'c') => {
    const values = results.flatMap((result) => result[key] ?? []);
    if (values.length === 0) return undefined;
    const wide = values.map((value) => build.op('Unsqueeze', [value, intList(build, [0])]));
    return wide.length === 1 ? wide[0] : build.op('Concat', wide, { axis: int(0) });
  };
  const dx = results.flatMap(({ x }) => x ?? []);
  return [
    dx.length > 0 ? dx.reduce((a, b) => m.add(a, b)) : undefined,
    joined('w'),
    joined('r'),
    joined('b'),
    undefined,
    joined('h'),
    joined('c'),
  ];
}

function refuseUnknown(
  context: GradientContext,
  attributes: Readonly<Record<string, unknown>>,
  type: RecurrentType,
): void {
  const { activations } = attributes;
  const { inputs } = context;
  const usual = (list: unknown) =>
    list === undefined ||
    (Array.isArray(list) && list.every((name, i) => name === defaults[type][i % defaults[type].length]));
  if (!usual(activations)) refuseGradient(context, 'it has activations of its own');
  if (attributes.clip !== undefined) refuseGradient(context, 'it clips');
  if (attributes.input_forget === 1) refuseGradient(context, 'its input and forget gates are coupled');
  if (attributes.layout === 1) refuseGradient(context, 'its layout is batch first');
  if (inputs[4]) refuseGradient(context, 'sequences have lengths of their own');
  if (inputs[7]) refuseGradient(context, 'it has peepholes');
}

/** The slices of an axis, without it. */
function pieces(build: Builder, value: string, axis: number, count: number): readonly string[] {
  const squeeze = (part: string) => build.op('Squeeze', [part, intList(build, [axis])]);
  if (count === 1) return [squeeze(value)];
  const sizes = Array.from({ length: count }, () => 1);
  return build.multi('Split', [value, intList(build, sizes)], count, { axis: int(axis) }).map(squeeze);
}

interface Sizes {
  readonly type: RecurrentType;
  readonly hidden: number;
  readonly resetAfter: boolean;
}

function cellContext(
  build: Builder,
  m: Calculator,
  { r, b }: { readonly r: string; readonly b: string | undefined },
  { type, hidden, resetAfter }: Sizes,
): CellContext {
  const gru = type === 'GRU';
  const rBlocks = gru ? rowsOf(build, r, [2 * hidden, hidden]) : [];
  const innerBias = gru && resetAfter && b ? rowsOf(build, b, [5 * hidden, hidden])[1] : undefined;
  return { m, build, hidden, r, rBlocks, innerBias, resetAfter: gru && resetAfter };
}

/** The bias that is added to W x: both halves, but for the recurrent bias that the reset gate acts on. */
function inputBias(
  build: Builder,
  m: Calculator,
  b: string | undefined,
  { rows, hidden, resetAfter }: Sizes & { readonly rows: number },
): string | undefined {
  if (!b) return undefined;
  if (!resetAfter) {
    const [wb, rb] = rowsOf(build, b, [rows, rows]) as [string, string];
    return m.add(wb, rb);
  }
  const [wGates, wHidden, rGates] = rowsOf(build, b, [2 * hidden, hidden, 2 * hidden, hidden]) as [
    string,
    string,
    string,
  ];
  return build.op('Concat', [m.add(wGates, rGates), wHidden], { axis: int(0) });
}

const rowsOf = (build: Builder, value: string, sizes: readonly number[]): readonly string[] =>
  build.multi('Split', [value, intList(build, sizes)], sizes.length, { axis: int(0) });

interface Walked {
  readonly found: readonly { readonly r: string }[];
  readonly before: readonly (string | undefined)[];
  readonly run: readonly Step[];
  readonly hidden: number;
  readonly gates: number;
}

/** dR: gradients of R h times the states before, the last block of a GRU times the state that was reset. */
function recurrentWeights(
  build: Builder,
  m: Calculator,
  { found, before, run, hidden, gates }: Walked,
  r: string,
): string {
  const steps = found.flatMap(({ r: gradient }, at) => {
    const state = before[at];
    return state === undefined ? [] : [{ gradient, state, reset: run[at]!.reset }];
  });
  if (steps.length === 0) return m.where(build.constant('bool', [], [0]), r, 0);
  const stack = (values: readonly string[]) =>
    values.length === 1 ? values[0]! : build.op('Concat', values, { axis: int(0) });
  const gradients = stack(steps.map(({ gradient }) => gradient));
  const states = stack(steps.map(({ state }) => state));
  const resets = steps.flatMap(({ reset }) => reset ?? []);
  const product = (rows: string, columns: string) => m.matmul(m.transpose(rows, 2), columns);
  if (resets.length === 0) return product(gradients, states);
  const [outer, inner] = build.multi(
    'Split',
    [gradients, intList(build, [(gates - 1) * hidden, hidden])],
    2,
    { axis: int(1) },
  ) as [string, string];
  return build.op('Concat', [product(outer, states), product(inner, stack(resets))], { axis: int(0) });
}
