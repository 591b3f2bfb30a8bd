import { defineFeature } from '../feature.ts';

/** Reads what a recipe names as soon as it is opened: the first hover then finds it read. */
export const warmUp = defineFeature({
  name: 'warm-up',
  capabilities: {},
  register: (_, workspace) => {
    workspace.documents.onDidOpen(({ document }) => {
      setImmediate(() => workspace.recipe(document.uri));
    });
  },
});
