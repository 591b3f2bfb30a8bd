import { PareError, type Place } from '../base/errors.ts';
import type { Provider } from '../base/providers.ts';
import type { Runner } from '../steps/runner.ts';

/**
 * A runner whose sessions are all on one execution provider. It is tried first, in a process of its own: a run that could not
 * use it does not start, and nothing goes to the processor in its place. (Operators that a provider lacks are the runtime's
 * to place; shapes are always computed by the processor.) Throws `provider-unavailable`, `cancelled`.
 */
export async function onProvider(
  runner: Runner,
  provider: Provider,
  { signal, place }: { readonly signal?: AbortSignal; readonly place?: Place } = {},
): Promise<Runner> {
  if (provider === 'cpu') return runner;
  const fault = await runner.providerFault(provider, signal);
  if (fault !== undefined)
    throw new PareError(
      'provider-unavailable',
      `The execution provider '${provider}' does not work on this machine: ${fault}`,
      {
        hint: '`pare bench MODEL --providers` says which ones do; `cpu` always does.',
        ...(place ? { place } : {}),
      },
    );
  return {
    ...runner,
    open: (model, options) => runner.open(model, { provider, ...options }),
    peakMemory: (model, options) => runner.peakMemory(model, { provider, ...options }),
    // The blocked kernels are the processor's.
    blockedChannels: async () => undefined,
  };
}
