import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { type GradientContext, refuseGradient } from '../define.ts';
import { type Calculator, calculator, intList } from './calculator.ts';
import { type RecurrentType, recurrentCells, recurrentTypes } from './recurrent-cells.ts';

const defaults: Readonly<Record<RecurrentType, readonly string[]>> = {
  RNN: ['Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
};

/**
 * Backpropagation through time. The layer's own output has the states of all steps, so gates, and what gradients are
 * multiplied with, are computed for all steps at once; only the chain from step to step is walked, in a Scan, and weights get
 * their gradients in one product over all steps. Time and batch may be symbolic. Refuses what it has no formula for.
 */
export function recurrentGradient(
  context: GradientContext,
  type: RecurrentType,
): readonly (string | undefined)[] {
  const { build, inputs, outputs, types, dy, wants } = context;
  if (dy.every((flow) => flow === undefined)) return [];
  const attributes = context.attributes as Readonly<Record<string, unknown>>;
  refuseUnknown(context, attributes, type);
  const { gates } = recurrentTypes[type];
  const input = types(inputs[0]!);
  const features = input.shape![2];
  const hidden = types(inputs[2]!).shape![2];
  if (typeof hidden !== 'number' || typeof features !== 'number')
    return refuseGradient(context, 'the number of features is not known');
  if (!outputs[0]) return refuseGradient(context, 'it does not give the states of all steps');
  const m = calculator(context);
  const directions = attributes.direction === 'bidirectional' ? 2 : 1;
  const rows = gates * hidden;
  const states = pieces(build, outputs[0], 1, directions);
  const dyParts = dy[0] && pieces(build, dy[0], 1, directions);
  const ends = [1, 2].map((output) => dy[output] && pieces(build, dy[output], 0, directions));
  const parts = inputs.map((value, at) => (value && at > 0 ? pieces(build, value, 0, directions) : []));
  const rowsOfTime = (value: string, columns: number) => m.reshape(value, [-1, columns]);
  const results = Array.from({ length: directions }, (_, d) => {
    const backwards = attributes.direction === 'reverse' || d === 1;
    const [w, r, b] = [parts[1]![d]!, parts[2]![d]!, parts[3]?.[d]];
    const [h, c] = [parts[5]?.[d], parts[6]?.[d]];
    const y = states[d]!;
    const resetAfter = type === 'GRU' && attributes.linear_before_reset === 1;
    const bias = inputBias(build, m, b, { rows, hidden, resetAfter });
    const product = m.matmul(inputs[0]!, m.transpose(w, 2));
    // Zeros of a state's shape, whatever is in it.
    const first = build.op('Gather', [y, build.constant('int64', [], [0])], { axis: int(0) });
    const zeros = m.where(build.constant('bool', [], [0]), first, 0);
    const before = shifted(build, y, h ?? zeros, backwards);
    const found = recurrentCells[type]({
      m,
      build,
      type: input.type,
      hidden,
      backwards,
      xw: bias ? m.add(product, bias) : product,
      r,
      y,
      before,
      c,
      dy: dyParts?.[d],
      dh: ends[0]?.[d] ?? zeros,
      dc: ends[1]?.[d],
      resetAfter,
      innerBias: resetAfter && b ? rowsOf(build, b, [5 * hidden, hidden])[1] : undefined,
      zeros,
    });
    const [dx, dr] = [rowsOfTime(found.x, rows), rowsOfTime(found.r, rows)];
    const weights = (gradients: string, values: string, columns: number) =>
      m.matmul(m.transpose(gradients, 2), rowsOfTime(values, columns));
    const recurrence = () => {
      if (!found.reset) return weights(dr, before, hidden);
      // The last block of a GRU's R takes the state that was reset.
      const [outer, inner] = build.multi('Split', [dr, intList(build, [rows - hidden, hidden])], 2, {
        axis: int(1),
      }) as [string, string];
      return build.op('Concat', [weights(outer, before, hidden), weights(inner, found.reset, hidden)], {
        axis: int(0),
      });
    };
    return {
      x: wants(0) ? m.matmul(found.x, w) : undefined,
      w: wants(1) ? weights(dx, inputs[0]!, features) : undefined,
      r: wants(2) ? recurrence() : undefined,
      b:
        b && wants(3)
          ? build.op('Concat', [m.sum(dx, [0], false), m.sum(dr, [0], false)], { axis: int(0) })
          : undefined,
      h: h ? found.h : undefined,
      c: c ? found.c : undefined,
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

/** The states that went into the steps: those that came out, a step later, and the one that it started from. */
function shifted(build: Builder, y: string, start: string, backwards: boolean): string {
  const first = build.op('Unsqueeze', [start, intList(build, [0])]);
  const [from, to] = backwards ? [1, 2 ** 31 - 1] : [0, -1];
  const rest = build.op('Slice', [y, intList(build, [from]), intList(build, [to]), intList(build, [0])]);
  return build.op('Concat', backwards ? [rest, first] : [first, rest], { axis: int(0) });
}

interface Sizes {
  readonly rows: number;
  readonly hidden: number;
  readonly resetAfter: boolean;
}

/** The bias that is added to W x: both halves, but for the recurrent bias that the reset gate acts on. */
function inputBias(
  build: Builder,
  m: Calculator,
  b: string | undefined,
  { rows, hidden, resetAfter }: Sizes,
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
