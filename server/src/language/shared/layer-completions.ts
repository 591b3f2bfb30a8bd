import { CompletionItemKind } from 'vscode-languageserver/node';
import type { ModelContext } from '../../diagnostics/define.ts';
import { steps } from '../../steps/index.ts';
import { costTable, layersMatching, shortCost } from './layer-cost.ts';
import type { Proposal } from './proposal.ts';

/** The layers that steps can have settings for, in the model's order, and patterns for those below one name. */
export function layerCompletions(model: ModelContext): readonly Proposal[] {
  const operators = new Set(steps.flatMap((step) => (step.layerSettings ? step.layerOps : [])));
  const layers = model.cost.layers.filter(({ node }) => operators.has(node.opType));
  const names = layers.map(({ node }) => model.nameOf(node));
  const single = layers.map((layer, index) =>
    proposal(model, names[index]!, layer.op, String(index).padStart(6, '0')),
  );
  const patterns = [...new Set(names.flatMap(modules))].map((module) =>
    proposal(model, `${module}/**`, 'pattern', 'x'),
  );
  return [...single, ...patterns];
}

/** `a` and `a/b` of `a/b/c`. */
const modules = (name: string): readonly string[] =>
  [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index));

function proposal(model: ModelContext, label: string, what: string, rank: string): Proposal {
  const layers = layersMatching(model, label);
  return {
    label,
    kind: CompletionItemKind.Class,
    detail: `${what}, ${shortCost(model, layers)}`,
    documentation: costTable(model, layers),
    rank,
  };
}
