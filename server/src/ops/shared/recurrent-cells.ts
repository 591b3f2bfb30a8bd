import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import { type Calculator, intList } from './calculator.ts';
import { overTime } from './over-time.ts';

/** Blocks of rows in the weights, and states that go from step to step. */
export const recurrentTypes = {
  RNN: { gates: 1, states: 1 },
  GRU: { gates: 3, states: 1 },
  LSTM: { gates: 4, states: 2 },
} as const;
export type RecurrentType = keyof typeof recurrentTypes;

/**
 * One direction of a layer that was run: sequences are [time, batch, columns], states [batch, hidden]. Since the layer gives
 * its states, gates of all steps are computed at once.
 */
export interface Direction {
  readonly m: Calculator;
  readonly build: Builder;
  readonly type: DataType;
  readonly hidden: number;
  /** Whether the layer ran from the last step to the first. */
  readonly backwards: boolean;
  /** W x with the biases that are added to it. */
  readonly xw: string;
  /** [gates hidden, hidden]. */
  readonly r: string;
  /** The states that came out, and those that went in. */
  readonly y: string;
  readonly before: string;
  /** The cell state that it started from; undefined stands for zeros. */
  readonly c: string | undefined;
  /** Gradients of y, and of the last states. */
  readonly dy: string | undefined;
  readonly dh: string;
  readonly dc: string | undefined;
  /** Of a GRU: the reset gate acts on what R h + b gave, and that b. */
  readonly resetAfter: boolean;
  readonly innerBias: string | undefined;
  readonly zeros: string;
}

export interface DirectionGradient {
  /** Gradients of what W x and R h gave, [time, batch, gates hidden]. */
  readonly x: string;
  readonly r: string;
  /** What was multiplied with the last block of R, where it is not the state itself. */
  readonly reset: string | undefined;
  /** Gradients of the states that it started from. */
  readonly h: string;
  readonly c: string | undefined;
}

type Cell = (direction: Direction) => DirectionGradient;

const join = (build: Builder, values: readonly string[], axis: number): string =>
  build.op('Concat', values, { axis: int(axis) });
const split = (build: Builder, value: string, sizes: readonly number[], axis: number): readonly string[] =>
  build.multi('Split', [value, intList(build, sizes)], sizes.length, { axis: int(axis) });
const complement = (m: Calculator, value: string) => m.sub(1, value);
/** Derivatives of sigmoid and tanh from their values. */
const sigmoidSlope = (m: Calculator, value: string) => m.mul(value, complement(m, value));
const tanhSlope = (m: Calculator, value: string) => complement(m, m.mul(value, value));

/** Runs back through time: the gradient of a state is that of y, where there is one, and what the step behind hands on. */
function backThroughTime(
  { build, type, backwards, dy, dh }: Direction,
  others: readonly string[],
  sequences: readonly string[],
  body: (
    m: Calculator,
    build: Builder,
    dh: string,
    others: readonly string[],
    steps: readonly string[],
  ) => { readonly states: readonly string[]; readonly outputs: readonly string[] },
) {
  return overTime(build, {
    type,
    backwards: !backwards,
    states: [dh, ...others],
    sequences: dy ? [dy, ...sequences] : sequences,
    body: (m, inner, [h, ...rest], steps) =>
      body(m, inner, dy ? m.add(steps[0]!, h!) : h!, rest, dy ? steps.slice(1) : steps),
  });
}

const rnn: Cell = (direction) => {
  const { m, y, r } = direction;
  const { states, outputs } = backThroughTime(direction, [], [tanhSlope(m, y)], (m, _, dh, __, [slope]) => {
    const d = m.mul(dh, slope!);
    return { states: [m.matmul(d, r)], outputs: [d] };
  });
  return { x: outputs[0]!, r: outputs[0]!, reset: undefined, h: states[0]!, c: undefined };
};

/** Gates in ONNX's order: input, output, forget, cell. */
const lstm: Cell = (direction) => {
  const { m, build, type, hidden, xw, r, before, backwards, c, dc, zeros } = direction;
  const sums = m.add(xw, m.matmul(before, m.transpose(r, 2)));
  const [gateSums, cellSums] = split(build, sums, [3 * hidden, hidden], 2) as [string, string];
  const gates = m.sigmoid(gateSums);
  const [i, o, f] = split(build, gates, [hidden, hidden, hidden], 2) as [string, string, string];
  const g = m.tanh(cellSums);
  const cells = overTime(build, {
    type,
    backwards,
    states: [c ?? zeros],
    sequences: [f, m.mul(i, g)],
    body: (m, _, [cell], [forget, fresh]) => {
      const next = m.add(m.mul(forget!, cell!), fresh!);
      return { states: [next], outputs: [cell!, next] };
    },
  });
  const [cellBefore, cell] = cells.outputs as [string, string];
  const squashed = m.tanh(cell);
  const toCell = m.mul(o, tanhSlope(m, squashed));
  // What the gradient of the cell, for the output gate that of the state, is multiplied with.
  const factors = join(
    build,
    [m.mul(sigmoidSlope(m, gates), join(build, [g, squashed, cellBefore], 2)), m.mul(i, tanhSlope(m, g))],
    2,
  );
  const { states, outputs } = backThroughTime(
    direction,
    [dc ?? zeros],
    [toCell, factors, f],
    (m, inner, dh, [dcNext], [toCell, factors, forget]) => {
      const dCell = m.add(m.mul(dh, toCell!), dcNext!);
      const d = m.mul(join(inner, [dCell, dh, dCell, dCell], 1), factors!);
      return { states: [m.matmul(d, r), m.mul(dCell, forget!)], outputs: [d] };
    },
  );
  return { x: outputs[0]!, r: outputs[0]!, reset: undefined, h: states[0]!, c: states[1]! };
};

/** Gates in ONNX's order: update z, reset r, hidden n; h' = (1 - z) n + z h. */
const gru: Cell = (direction) => {
  const { m, build, hidden, xw, r, before, resetAfter, innerBias } = direction;
  const [gatesR, hiddenR] = split(build, r, [2 * hidden, hidden], 0) as [string, string];
  const [xGates, xHidden] = split(build, xw, [2 * hidden, hidden], 2) as [string, string];
  const gates = m.sigmoid(m.add(xGates, m.matmul(before, m.transpose(gatesR, 2))));
  const [z, reset] = split(build, gates, [hidden, hidden], 2) as [string, string];
  const product = (value: string) => m.matmul(value, m.transpose(hiddenR, 2));
  const toHidden = (inner: string) => {
    const n = m.tanh(m.add(xHidden, inner));
    return { n, slope: m.mul(complement(m, z), tanhSlope(m, n)) };
  };
  const update = (n: string) => m.mul(m.sub(before, n), sigmoidSlope(m, z));
  if (resetAfter) {
    const inner = innerBias ? m.add(product(before), innerBias) : product(before);
    const { n, slope } = toHidden(m.mul(reset, inner));
    const factors = join(
      build,
      [update(n), m.mul(slope, m.mul(inner, sigmoidSlope(m, reset))), m.mul(slope, reset)],
      2,
    );
    const { states, outputs } = backThroughTime(
      direction,
      [],
      [factors, z],
      (m, inner, dh, _, [factors, z]) => {
        const d = m.mul(join(inner, [dh, dh, dh], 1), factors!);
        return { states: [m.add(m.mul(dh, z!), m.matmul(d, r))], outputs: [d, dh] };
      },
    );
    const [d, dh] = outputs as [string, string];
    const dGates = split(build, d, [2 * hidden, hidden], 2)[0]!;
    return {
      x: join(build, [dGates, m.mul(dh, slope)], 2),
      r: d,
      reset: undefined,
      h: states[0]!,
      c: undefined,
    };
  }
  const kept = m.mul(reset, before);
  const { n, slope } = toHidden(product(kept));
  const { states, outputs } = backThroughTime(
    direction,
    [],
    [update(n), slope, m.mul(before, sigmoidSlope(m, reset)), z, reset],
    (m, inner, dh, _, [update, slope, toReset, z, reset]) => {
      const dn = m.mul(dh, slope!);
      const dKept = m.matmul(dn, hiddenR);
      const dGates = join(inner, [m.mul(dh, update!), m.mul(dKept, toReset!)], 1);
      const direct = m.add(m.mul(dh, z!), m.mul(dKept, reset!));
      return {
        states: [m.add(direct, m.matmul(dGates, gatesR))],
        outputs: [join(inner, [dGates, dn], 1)],
      };
    },
  );
  return { x: outputs[0]!, r: outputs[0]!, reset: kept, h: states[0]!, c: undefined };
};

export const recurrentCells: Readonly<Record<RecurrentType, Cell>> = { RNN: rnn, GRU: gru, LSTM: lstm };
