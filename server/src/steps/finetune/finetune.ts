import * as z from 'zod';
import { freshWeights } from '../../autodiff/fresh-weights.ts';
import { defineStep } from '../define.ts';
import { weightedOps } from '../shared/weighted-layers.ts';
import { lossSettings } from '../train/loss-settings.ts';
import { objectiveOf } from '../train/objective.ts';
import { layerTrainingSettings, trainingSettings } from '../train/settings.ts';
import { trainModel } from '../train/train-model.ts';
import { trainingData } from '../train/training-data.ts';

export const finetune = defineStep({
  name: 'finetune',
  summary: 'Trains the weights on labelled data, to win back accuracy or from scratch.',
  details: [
    'Trains on `data.train`: a classifier on labels with cross entropy, or any outputs on `targets`, each with a loss of its own. After pruning it restores most of what was lost: weights that are zero stay zero (`keep-zeros`). With `start: scratch` the weights are drawn anew first.',
    '',
    'The training step, with its gradients and its optimizer, is made of ONNX graphs that run on the same runtime as the model. A run that is cut off goes on from its last checkpoint to the same weights.',
    '',
    'Where memory is short: `batch: 32` with `accumulate: 4` moves the weights as a batch of 128 does (ResNet-8 in 33 MB in place of 101), but for batch normalization, which sees the small batches; `memory: small` keeps fewer activations and computes them again.',
    '',
    'It needs a float model: fine-tune before quantizing.',
  ].join('\n'),
  version: 1,
  settings: z.strictObject({
    ...trainingSettings(),
    start: z
      .enum(['trained', 'scratch'])
      .default('trained')
      .describe('`scratch` forgets the weights and draws new ones (He initialization).'),
    ...lossSettings(),
  }),
  layerSettings: layerTrainingSettings(),
  layerOps: weightedOps,
  needs: () => ({ data: true, labels: true }),
  apply: async (given, settings, context) => {
    const data = trainingData(context);
    const model = settings.start === 'scratch' ? freshWeights(given, context.seed) : given;
    const mixing = settings.mixup > 0;
    const objective = await objectiveOf(model, data, settings, mixing);
    const judged = mixing ? await objectiveOf(model, data, settings) : undefined;
    return trainModel({
      model,
      settings,
      objective,
      judged,
      context,
      data,
      key: 'finetune 1',
    });
  },
});
