import { graphRule } from '../rule.ts';
import { removeUnused } from '../unused.ts';

/** Nodes and constants that nothing reads. */
export const deadCode = graphRule({
  name: 'dead-code',
  summary: 'Nodes and constants that no output depends on are removed.',
  run: (graph) => removeUnused(graph),
});
