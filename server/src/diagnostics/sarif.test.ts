import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkRecipe, modelProblems } from './check.ts';
import { unusedInitializer } from './model/unused-initializer.ts';
import { modelContext } from './model-context.ts';
import { toSarif } from './sarif.ts';

const root = process.cwd();
const recipe = 'model: nowhere.onnx\nsteps:\n  - optimise: {}\n';
const log = toSarif(
  [
    ...checkRecipe(recipe, join(root, 'a b.pare.yaml')),
    ...modelProblems(modelContext(unusedInitializer.bad[0]!()), join(root, '..', 'm.onnx')),
  ],
  { version: '1.2.3', root, textOf: () => recipe },
) as Log;

interface Log {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region?: object;
        };
        readonly logicalLocations?: readonly { readonly name: string }[];
      }[];
      readonly fixes?: readonly object[];
    }[];
  }[];
}
const results = log.runs[0]!.results;
const found = (code: string) => results.find(({ ruleId }) => ruleId === code)!;

it('every result points at its rule', () => {
  expect(log.version).toBe('2.1.0');
  for (const { ruleId, ruleIndex } of results)
    expect(log.runs[0]!.tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
});

it('a recipe has lines, columns and fixes', () => {
  expect(found('unknown-step').locations[0]).toEqual({
    physicalLocation: {
      artifactLocation: { uri: 'a%20b.pare.yaml' },
      region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 13 },
    },
  });
  expect(found('unknown-step').fixes).toEqual([
    {
      description: { text: "Change to 'optimize'" },
      artifactChanges: [
        {
          artifactLocation: { uri: 'a%20b.pare.yaml' },
          replacements: [
            {
              deletedRegion: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 13 },
              insertedContent: { text: 'optimize' },
            },
          ],
        },
      ],
    },
  ]);
});

it('a model has the name of what is meant, and an absolute URI outside of the root', () => {
  const [place] = found('unused-initializer').locations;
  expect(place!.logicalLocations).toEqual([{ name: 'forgotten', kind: 'element' }]);
  expect(place!.physicalLocation.artifactLocation.uri).toMatch(/^file:\/\/.*\/m\.onnx$/);
  expect(found('unused-initializer').level).toBe('warning');
});
