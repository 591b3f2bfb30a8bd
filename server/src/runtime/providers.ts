import type { Model } from '../ir/model.ts';
import { type ChildOptions, runChild } from './child.ts';
import { withModelFile } from './model-file.ts';

export interface ProviderReport {
  readonly name: string;
  readonly works: boolean;
  /** Why it does not, in the runtime's words. */
  readonly reason: string | null;
}

/** Every provider that some build of onnxruntime-node has. */
const candidates = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'qnn'] as const;

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
    for (const provider of candidates) {
      const { answer, stderr } = await runChild(script, { path, provider }, options);
      const reason = answer === '' ? null : firstLine(typeof answer === 'string' ? answer : stderr);
      reports.push({ name: provider, works: reason === null, reason });
    }
    return reports;
  });

/** The first line, without the C++ condition that failed. */
const firstLine = (text: string): string =>
  text
    .trim()
    .split('\n')[0]!
    .replace(/^.* was false\. /, '')
    .slice(0, 300) || 'The process that tried it ended.';
