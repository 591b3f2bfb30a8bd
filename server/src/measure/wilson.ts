/** Standard normal quantile of 97.5 %. */
const z = 1.959963984540054;

/**
 * The 95 % Wilson score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", 1927): holds for shares near 0 and 1, where the normal approximation does not. [0, 1] without trials.
 */
export function wilson(successes: number, trials: number): { readonly low: number; readonly high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const center = share + z ** 2 / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const scale = 1 + z ** 2 / trials;
  return {
    low: successes === 0 ? 0 : (center - spread) / scale,
    high: successes === trials ? 1 : (center + spread) / scale,
  };
}
