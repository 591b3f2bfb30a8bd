import * as z from 'zod';
import { freshWeights } from '../../autodiff/fresh-weights.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import { percentage } from '../../base/setting-types.ts';
import { defineStep } from '../define.ts';
import { weightedOps } from '../shared/weighted-layers.ts';
import { classTargets, trainingData } from '../train/class-targets.ts';
import { layerTrainingSettings, trainingSettings } from '../train/settings.ts';
import { trainModel } from '../train/train-model.ts';

export const finetune = defineStep({
  name: 'finetune',
  summary: 'Trains the weights on labelled data, to win back accuracy or from scratch.',
  details: [
    'Trains a classifier on `data.train` with cross entropy. After pruning it restores most of what was lost: weights that are zero stay zero (`keep-zeros`). With `start: scratch` the weights are drawn anew first.',
    '',
    'The training step, with its gradients and its optimizer, is one ONNX graph that runs on the same runtime as the model. A run that is cut off goes on from its last checkpoint to the same weights.',
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
    smoothing: percentage()
      .prefault('0 %')
      .describe('Label smoothing: share of the target that is spread over all classes.'),
    'class-weights': z
      .array(z.number().min(0))
      .optional()
      .describe('Weight of each class in the loss, in the order of their numbers.'),
  }),
  layerSettings: layerTrainingSettings(),
  layerOps: weightedOps,
  needs: () => ({ data: true, labels: true }),
  apply: (given, settings, context) => {
    const data = trainingData(context);
    const model = settings.start === 'scratch' ? freshWeights(given, context.seed) : given;
    const weights = settings['class-weights'];
    const loss = crossEntropy({ smoothing: settings.smoothing, ...(weights ? { weights } : {}) });
    return trainModel({
      model,
      settings,
      losses: [{ loss }],
      context,
      data,
      key: 'finetune 1',
      targets: classTargets(model),
      by: 'accuracy',
    });
  },
});
