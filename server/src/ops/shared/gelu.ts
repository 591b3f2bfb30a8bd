import type { Calculator } from './calculator.ts';

/** dX of x (1 + erf(x / sqrt 2)) / 2: dY times the normal distribution plus x times its density. */
export function geluGradient(m: Calculator, x: string, dy: string): string {
  const distribution = m.mul(0.5, m.add(1, m.erf(m.mul(x, Math.SQRT1_2))));
  const density = m.mul(m.exp(m.mul(-0.5, m.mul(x, x))), 1 / Math.sqrt(2 * Math.PI));
  return m.mul(dy, m.add(distribution, m.mul(x, density)));
}

/** dX of x (1 + tanh(u)) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3). */
export function tanhGeluGradient(m: Calculator, x: string, dy: string): string {
  const square = m.mul(x, x);
  const factor = Math.sqrt(2 / Math.PI);
  const t = m.tanh(m.mul(factor, m.mul(x, m.add(1, m.mul(0.044715, square)))));
  const slope = m.mul(factor, m.add(1, m.mul(3 * 0.044715, square)));
  const half = m.mul(0.5, m.add(1, t));
  return m.mul(dy, m.add(half, m.mul(m.mul(0.5, x), m.mul(m.sub(1, m.mul(t, t)), slope))));
}
