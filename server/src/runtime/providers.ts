import { type Provider, providers } from '../base/providers.ts';
import type { Model } from '../ir/model.ts';
import { type ChildOptions, runChild } from './child.ts';
import { emptyModel } from './empty-model.ts';
import { withModelFile } from './model-file.ts';

export interface ProviderReport {
  readonly name: Provider;
  readonly works: boolean;
  /** Why it does not, in the runtime's words. */
  readonly reason: string | null;
}

const script = `
  try {
    await ort.InferenceSession.create(input.path, { executionProviders: [input.provider], logSeverityLevel: 4 });
    answer('');
  } catch (error) {
    answer(String(error.message ?? error));
  }
`;

/**
 * Tries which execution providers load `model` on this machine. Each is tried in a process of its own, since a driver's
 * fault may end it: never throws but `cancelled`.
 */
export const tryProviders = (
  model: Model | Uint8Array | { readonly path: string },
  options: ChildOptions = {},
): Promise<readonly ProviderReport[]> =>
  withModelFile(model, async (path) => {
    const reports: ProviderReport[] = [];
    for (const name of providers) {
      const reason = (await faultOf(path, name, options)) ?? null;
      reports.push({ name, works: reason === null, reason });
    }
    return reports;
  });

/** Why a provider does not load any model on this machine; undefined when it does. */
export const providerFault = (provider: Provider, signal?: AbortSignal): Promise<string | undefined> =>
  withModelFile(emptyModel(), (path) => faultOf(path, provider, { signal }));

async function faultOf(path: string, provider: Provider, options: ChildOptions): Promise<string | undefined> {
  const { answer, stderr } = await runChild(script, { path, provider }, options);
  return answer === '' ? undefined : firstLine(typeof answer === 'string' ? answer : stderr);
}

/** The first line, without the C++ condition that failed. */
const firstLine = (text: string): string =>
  text
    .trim()
    .split('\n')[0]!
    .replace(/^.* was false\. /, '')
    .slice(0, 300) || 'The process that tried it ended.';
