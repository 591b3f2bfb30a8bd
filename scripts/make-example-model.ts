/**
 * `npm run example-model`: trains the model of `examples/fashion-mnist` anew by its recipe, on all 60,000 training images.
 * Needs a build, and the folder that `PARE_DATA` names. The model's metadata hold the recipe and the tool's version.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { recipeFolder, runRecipe } from '../test/bench/shared/recipes.ts';

const name = 'fashion-lenet-5.pare.yaml';
const root = resolve(import.meta.dirname, '..');
const text = readFileSync(resolve(root, 'test/bench/recipes', name), 'utf8');
const { after, artifacts } = runRecipe(recipeFolder('example-model', console.error), name, text);
copyFileSync(artifacts.model!, resolve(root, 'examples/fashion-mnist/lenet5.onnx'));
console.log(
  `examples/fashion-mnist/lenet5.onnx: ${(100 * after!.accuracy!.value).toFixed(2)} % of the test images`,
);
