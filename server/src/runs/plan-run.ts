import { formatTable } from '../base/table.ts';
import { formatBytes } from '../base/units.ts';
import { layerNames } from '../ir/layer-names.ts';
import { fileBytes } from './file-bytes.ts';
import { prepareRun } from './prepare.ts';
import { openCache } from './step-cache.ts';

/** What a run of the recipe would do, without doing it: steps with all their settings, what is cached, which layers they touch. */
export async function planRun(recipe: string): Promise<{ readonly json: unknown; readonly text: string }> {
  const { plan, model, modelPath, keys, train, test } = await prepareRun(recipe);
  const cache = openCache(recipe);
  const names = layerNames(model.graph);
  const steps = plan.steps.map(({ step, settings }, index) => ({
    name: step.name,
    settings,
    cached: cache.get(keys[index]!) !== undefined,
    layers: model.graph.nodes
      .filter((node) => step.layerOps.includes(node.opType))
      .map((node) => names.get(node)!),
  }));
  const data = { train: train?.size ?? null, test: test?.size ?? null };
  return {
    json: {
      recipe,
      model: modelPath,
      bytes: fileBytes(modelPath),
      data,
      budget: plan.budget,
      seed: plan.seed,
      steps,
    },
    text: [
      `${modelPath}: ${formatBytes(fileBytes(modelPath))}; ${data.train ?? 'no'} training samples, ${data.test ?? 'no'} test samples`,
      '',
      formatTable(
        [
          { title: 'step', value: (row) => row.name },
          {
            title: 'settings',
            value: (row) =>
              Object.entries(row.settings)
                .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
                .join(', '),
          },
          { title: 'layers', value: (row) => String(row.layers.length), right: true },
          { title: '', value: (row) => (row.cached ? 'cached' : '') },
        ],
        steps,
      ),
      '',
      'Nothing was run.',
    ].join('\n'),
  };
}
