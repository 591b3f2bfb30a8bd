import type { Graph } from './graph.ts';
import { bodiesOf, labelOf, type Node } from './node.ts';

/**
 * The names that people use for the nodes of a model, each unique: the exporter's name without a leading slash and without
 * a last part that only repeats the operator, so `/block1/conv1/Conv` is `block1/conv1`. Recipes, reports and the editor use them.
 */
export function layerNames(graph: Graph): ReadonlyMap<Node, string> {
  const names = new Map<Node, string>();
  const taken = new Map<string, number>();
  const claim = (name: string) => {
    const count = taken.get(name) ?? 0;
    taken.set(name, count + 1);
    return count === 0;
  };
  const fullName = (node: Node) => labelOf(node).replace(/^\/+/, '') || node.opType;
  const modules = moduleSizes(graph, fullName);
  const visit = (inside: Graph) => {
    for (const node of inside.nodes) {
      const full = fullName(node);
      const short = shorten(full, node.opType, modules);
      if (claim(short)) names.set(node, short);
      else if (short !== full && claim(full)) names.set(node, full);
      else {
        let suffix = 2;
        while (!claim(`${full}#${suffix}`)) suffix++;
        names.set(node, `${full}#${suffix}`);
      }
      for (const body of bodiesOf(node)) visit(body);
    }
  };
  visit(graph);
  return names;
}

/** How many nodes each module path holds: only a module of one node can lend that node its name. */
function moduleSizes(graph: Graph, fullName: (node: Node) => string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const visit = (inside: Graph) => {
    for (const node of inside.nodes) {
      const name = fullName(node);
      for (let cut = name.indexOf('/'); cut >= 0; cut = name.indexOf('/', cut + 1)) {
        const module = name.slice(0, cut);
        sizes.set(module, (sizes.get(module) ?? 0) + 1);
      }
      for (const body of bodiesOf(node)) visit(body);
    }
  };
  visit(graph);
  return sizes;
}

function shorten(name: string, opType: string, modules: ReadonlyMap<string, number>): string {
  const cut = name.lastIndexOf('/');
  const module = name.slice(0, Math.max(0, cut));
  return cut > 0 && name.slice(cut + 1) === opType && modules.get(module) === 1 ? module : name;
}

/** True when a layer pattern of a recipe means this name: `*` stands for any text within a part, `**` for any text. */
export const matchesLayer = (pattern: string, name: string): boolean => layerMatcher(pattern)(name);

/** The same, for many names. */
export function layerMatcher(pattern: string): (name: string) => boolean {
  const meant = pattern.replace(/^\/+/, '');
  if (!meant.includes('*')) return (name) => name === meant;
  const source = meant
    // Repeated stars mean what two mean, and would take long to give up on a name.
    .replace(/\*{3,}/g, '**')
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}
