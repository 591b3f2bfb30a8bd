import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { type Calculator, intList } from './calculator.ts';

/** Blocks of rows in the weights, and states that go from step to step. */
export const recurrentTypes = {
  RNN: { gates: 1, states: 1 },
  GRU: { gates: 3, states: 1 },
  LSTM: { gates: 4, states: 2 },
} as const;
export type RecurrentType = keyof typeof recurrentTypes;

/** State of a step; undefined stands for zeros. */
export interface State {
  readonly h: string | undefined;
  readonly c: string | undefined;
}

/** A step of a recurrent layer, computed again, with its backward pass. */
export interface Step {
  readonly h: string;
  readonly c: string | undefined;
  /** What was multiplied with the last block of R, where it is not h itself. */
  readonly reset: string | undefined;
  readonly backward: (dh: string, dc: string | undefined) => StepGradient;
}

export interface StepGradient {
  /** Gradients of what W x and R h gave, [batch, gates hidden]. */
  readonly x: string;
  readonly r: string;
  /** Gradients of the state before. */
  readonly h: string;
  readonly c: string | undefined;
}

export interface CellContext {
  readonly m: Calculator;
  readonly build: Builder;
  readonly hidden: number;
  /** R of this direction, [gates hidden, hidden], whole, and by blocks where the cell needs them. */
  readonly r: string;
  readonly rBlocks: readonly string[];
  /** Recurrent bias of the last block, where it is not added to W x already. */
  readonly innerBias: string | undefined;
  readonly resetAfter: boolean;
}

type Cell = (context: CellContext, xw: string, state: State) => Step;

const join = (build: Builder, values: readonly string[]): string =>
  values.length === 1 ? values[0]! : build.op('Concat', values, { axis: int(1) });
const split = (build: Builder, value: string, sizes: readonly number[]): readonly string[] =>
  build.multi('Split', [value, intList(build, sizes)], sizes.length, { axis: int(1) });
/** dY sigmoid'(x), from the sigmoid's value. */
const sigmoidSlope = (m: Calculator, value: string, dy: string) => m.mul(dy, m.mul(value, m.sub(1, value)));
const tanhSlope = (m: Calculator, value: string, dy: string) => m.mul(dy, m.sub(1, m.mul(value, value)));
/** Zeros of a value's shape, whatever is in it. */
const zeros = ({ m, build }: CellContext, like: string) => m.where(build.constant('bool', [], [0]), like, 0);

/** Adds R h to W x. */
const withState = ({ m, r }: CellContext, xw: string, h: string | undefined) =>
  h === undefined ? xw : m.add(xw, m.matmul(h, m.transpose(r, 2)));

const rnn: Cell = (context, xw, { h }) => {
  const { m, r } = context;
  const next = m.tanh(withState(context, xw, h));
  return {
    h: next,
    c: undefined,
    reset: undefined,
    backward: (dh) => {
      const d = tanhSlope(m, next, dh);
      return { x: d, r: d, h: m.matmul(d, r), c: undefined };
    },
  };
};

/** Gates in ONNX's order: input, output, forget, cell. */
const lstm: Cell = (context, xw, { h, c }) => {
  const { m, build, hidden, r } = context;
  const parts = split(build, withState(context, xw, h), [hidden, hidden, hidden, hidden]);
  const [i, o, f] = parts.slice(0, 3).map((part) => m.sigmoid(part)) as [string, string, string];
  const g = m.tanh(parts[3]!);
  const fresh = m.mul(i, g);
  const cell = c === undefined ? fresh : m.add(m.mul(f, c), fresh);
  const squashed = m.tanh(cell);
  return {
    h: m.mul(o, squashed),
    c: cell,
    reset: undefined,
    backward: (dh, dcNext) => {
      const through = tanhSlope(m, squashed, m.mul(dh, o));
      const dc = dcNext === undefined ? through : m.add(through, dcNext);
      const di = sigmoidSlope(m, i, m.mul(dc, g));
      const d = join(build, [
        di,
        sigmoidSlope(m, o, m.mul(dh, squashed)),
        c === undefined ? zeros(context, di) : sigmoidSlope(m, f, m.mul(dc, c)),
        tanhSlope(m, g, m.mul(dc, i)),
      ]);
      return { x: d, r: d, h: m.matmul(d, r), c: m.mul(dc, f) };
    },
  };
};

/** Gates in ONNX's order: update z, reset r, hidden n; h' = (1 - z) n + z h. */
const gru: Cell = (context, xw, { h }) => {
  const { m, build, hidden, rBlocks, innerBias, resetAfter } = context;
  const [gatesR, hiddenR] = rBlocks as [string, string];
  const [xGates, xHidden] = split(build, xw, [2 * hidden, hidden]) as [string, string];
  const gates = h === undefined ? xGates : m.add(xGates, m.matmul(h, m.transpose(gatesR, 2)));
  const [z, r] = split(build, m.sigmoid(gates), [hidden, hidden]) as [string, string];
  const reset = !resetAfter && h !== undefined ? m.mul(r, h) : undefined;
  // What the reset gate lets through of the state: r (R h + b), or R (r h).
  const product = (value: string) => m.matmul(value, m.transpose(hiddenR, 2));
  const inner = resetAfter
    ? h === undefined
      ? innerBias
      : innerBias === undefined
        ? product(h)
        : m.add(product(h), innerBias)
    : undefined;
  const let_ = inner !== undefined ? m.mul(r, inner) : reset && product(reset);
  const n = m.tanh(let_ === undefined ? xHidden : m.add(xHidden, let_));
  const mixed = m.mul(m.sub(1, z), n);
  return {
    h: h === undefined ? mixed : m.add(mixed, m.mul(z, h)),
    c: undefined,
    reset,
    backward: (dh) => {
      const dn = tanhSlope(m, n, m.mul(dh, m.sub(1, z)));
      const dz = sigmoidSlope(m, z, m.mul(dh, h === undefined ? m.neg(n) : m.sub(h, n)));
      const dInner = resetAfter ? m.mul(dn, r) : dn;
      const dState = m.matmul(dInner, hiddenR);
      const behindReset = resetAfter ? inner && m.mul(dn, inner) : h && m.mul(dState, h);
      const dr = behindReset === undefined ? zeros(context, dz) : sigmoidSlope(m, r, behindReset);
      const dGates = join(build, [dz, dr]);
      const direct = m.add(m.mul(dh, z), m.matmul(dGates, gatesR));
      return {
        x: join(build, [dGates, dn]),
        r: join(build, [dGates, dInner]),
        h: m.add(direct, resetAfter ? dState : m.mul(dState, r)),
        c: undefined,
      };
    },
  };
};

export const recurrentCells: Readonly<Record<RecurrentType, Cell>> = { RNN: rnn, GRU: gru, LSTM: lstm };
