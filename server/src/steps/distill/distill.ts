import { resolve } from 'node:path';
import * as z from 'zod';
import { architectureSchema } from '../../architecture/schema.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import { divergence } from '../../autodiff/losses/divergence.ts';
import { percentage } from '../../base/setting-types.ts';
import { openModel } from '../../onnx/files.ts';
import { defineStep, type StepContext } from '../define.ts';
import { weightedOps } from '../shared/weighted-layers.ts';
import { labelFeed, type Objective } from '../train/objective.ts';
import { layerTrainingSettings, trainingSettings } from '../train/settings.ts';
import { trainModel } from '../train/train-model.ts';
import { trainingData } from '../train/training-data.ts';
import { featureTarget, pairFeatures } from './features.ts';
import { chosenStudent } from './student.ts';
import { checkAnswers, openTeacher } from './teacher.ts';

export const distill = defineStep({
  name: 'distill',
  summary: 'Trains the model to answer as a better one does.',
  details: [
    "Knowledge distillation (Hinton, Vinyals, Dean, 2015): the student learns the teacher's softened class probabilities, and the labels where the data have them. After a lossy step, with `teacher: original`, it wins back more than labels alone; with `student` or `width` a smaller network is trained in the model's place.",
    '',
    '`features` adds pairs of layers whose outputs are drawn together (FitNets, 2015), through a learned projection where their widths differ.',
    '',
    'The teacher sees every sample once, unless images are augmented. Labels are not needed.',
  ].join('\n'),
  version: 1,
  settings: z.strictObject({
    ...trainingSettings(),
    teacher: z
      .string()
      .min(1)
      .default('original')
      .describe('`original`, the model that the recipe started with, or the path of another ONNX model.'),
    student: z
      .union([z.string().min(1), architectureSchema])
      .optional()
      .describe(
        "What is trained in the model's place: the path of an ONNX model, whose weights are where it starts, or a network from scratch in words, as under `model:`.",
      ),
    width: percentage()
      .refine((value) => value > 0, 'Something of the layers must be left.')
      .prefault('100 %')
      .describe(
        'Narrows the student to this share of every inner width: channels of convolutions, units of dense layers. Those with the largest weights stay.',
      ),
    start: z
      .enum(['trained', 'scratch'])
      .default('trained')
      .describe('`scratch` forgets the weights of the student and draws new ones (He initialization).'),
    temperature: z
      .number()
      .positive()
      .default(4)
      .describe("Softens the teacher's answers: the higher, the more the order of wrong classes counts."),
    soft: percentage()
      .prefault('90 %')
      .describe("Share of the teacher's answers in the loss; the labels have the rest."),
    features: z
      .array(
        z.strictObject({
          student: z.string().describe('Layer of the student.'),
          teacher: z.string().describe('Layer of the teacher.'),
          weight: z.number().positive().default(1).describe('Its factor in the loss.'),
        }),
      )
      .default([])
      .describe('Pairs of layers whose outputs are drawn together.'),
  }),
  layerSettings: layerTrainingSettings(),
  layerOps: weightedOps,
  needs: ({ teacher, student }) => ({
    data: true,
    models: [...(teacher === 'original' ? [] : [teacher]), ...(typeof student === 'string' ? [student] : [])],
  }),
  apply: async (model, settings, context) => {
    const data = trainingData(context);
    const teacherModel =
      settings.teacher === 'original'
        ? (context.original ?? model)
        : openModel(resolve(context.folder ?? '.', settings.teacher));
    const { model: base, notes } = chosenStudent(model, settings, context);
    checkAnswers(base, teacherModel);
    const paired = pairFeatures(base, teacherModel, settings.features, context.seed);
    const labelled = data.classes !== undefined && settings.soft < 1;
    const soft = labelled ? settings.soft : 1;
    const teacher = await openTeacher(context.runner, teacherModel, paired.teacherValues, data.size);
    const objectiveOf = (shares: boolean): Objective => {
      const classes = labelled ? labelFeed(base, shares) : undefined;
      return {
        losses: [
          { loss: divergence({ temperature: settings.temperature }), weight: soft, target: 'teacher' },
          ...(labelled ? [{ loss: crossEntropy({ soft: shares }), weight: 1 - soft }] : []),
          ...paired.losses,
        ],
        targets: async (batch, seen) => {
          const [scores, ...features] = await teacher.ask(batch, seen.changed);
          const named = Object.fromEntries(features.map((value, index) => [featureTarget(index), value]));
          return { ...(classes ? { target: classes(batch, seen) } : {}), ...named, teacher: scores! };
        },
        by: labelled ? 'accuracy' : 'loss',
      };
    };
    try {
      const result = await trainModel({
        model: paired.student,
        into: base,
        settings,
        objective: objectiveOf(settings.mixup > 0),
        judged: objectiveOf(false),
        context: withoutProjections(context),
        data,
        key: JSON.stringify(['distill 1', settings]),
      });
      return { ...result, notes: [...notes, ...result.notes] };
    } finally {
      await teacher.close();
    }
  },
});

/** Projections are no layers of the model, so nothing can be set for them. */
const withoutProjections = (context: StepContext): StepContext => ({
  ...context,
  layer: (node) => (node.name.startsWith('projection_') ? {} : context.layer(node)),
});
