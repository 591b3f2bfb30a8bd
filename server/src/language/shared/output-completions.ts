import { CompletionItemKind } from 'vscode-languageserver/node';
import type { ModelContext } from '../../diagnostics/define.ts';
import { formatType } from '../../ir/value-type.ts';
import type { Path } from '../../recipe/syntax.ts';
import type { Proposal } from './proposal.ts';

/** Whether the keys at a path, or its value, are outputs of the model: `targets` of data, `output` of a step's `outputs`. */
export function namesOutput(path: Path, kind: 'key' | 'value'): boolean {
  return kind === 'key'
    ? path.length === 3 && path[0] === 'data' && path[2] === 'targets'
    : path[0] === 'steps' && path.at(-1) === 'output' && path.at(-3) === 'outputs';
}

/** The model's outputs with their types, in its order. */
export function outputCompletions({ model, shapes }: ModelContext): readonly Proposal[] {
  return model.graph.outputs.map(({ name, type }, index) => {
    const known = type ?? shapes.types.get(name);
    return {
      label: name,
      kind: CompletionItemKind.Variable,
      ...(known ? { detail: formatType(known) } : {}),
      documentation: 'Output of the model.',
      rank: String(index).padStart(6, '0'),
    };
  });
}
