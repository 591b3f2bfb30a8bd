import { stripVTControlCharacters } from 'node:util';
import { RunFailed } from '../base/errors.ts';
import type { Model } from '../ir/model.ts';
import { type ChildOptions, runChild } from './child.ts';
import { withModelFile } from './model-file.ts';

const script = `
  await ort.InferenceSession.create(input.path, { executionProviders: ['cpu'], logSeverityLevel: 2 });
  answer(true);
`;

/**
 * What onnxruntime warns of when it loads a model, one message each: it writes them to stderr and nowhere else, so the model
 * is loaded in a process of its own. Throws `session-failed` when it cannot be loaded at all.
 */
export async function loadWarnings(
  model: Model | Uint8Array | { readonly path: string },
  options: ChildOptions = {},
): Promise<readonly string[]> {
  const { answer, stderr } = await withModelFile(model, (path) => runChild(script, { path }, options));
  if (answer !== true)
    throw new RunFailed(
      'session-failed',
      `onnxruntime cannot load the model: ${stderr.trim().slice(-2000)}`,
      {
        hint: '`pare check` may say what is wrong with it.',
      },
    );
  const lines = stripVTControlCharacters(stderr).matchAll(/\[[WEF]:onnxruntime:[^,]*, [^\]]*\] (.*)$/gm);
  return [...lines].map(([, text]) => text!);
}
