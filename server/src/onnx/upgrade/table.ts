import { axesInput13, axesInput18 } from './axes.ts';
import { batchNormalizationOutputs, batchNormalizationSpatial } from './batch-normalization.ts';
import { broadcast, inferenceOnly } from './broadcast.ts';
import { clipBounds } from './clip.ts';
import type { Upgrade } from './define.ts';
import { dropoutMask, dropoutRatio } from './dropout.ts';
import { padInputs } from './pad.ts';
import { dftAxis, gridSampleModes, groupNormalizationChannels, roiAlignCoordinates } from './sampling.ts';
import { scanBatch, scatterToElements } from './scatter.ts';
import { sliceInputs } from './slice.ts';
import { softmaxAxis } from './softmax.ts';
import { splitParts, splitSizes } from './split.ts';
import { topKInput } from './top-k.ts';
import { resizeCoordinates, resizeEmptyInputs, upsampleScales, upsampleToResize } from './upsample.ts';

/**
 * Every change of `ai.onnx` after version 6 that an older form does not survive (`docs/Changelog.md` of onnx). What is not here
 * only got more types, attributes whose defaults are the old behaviour, or inputs at the end that may be left out.
 */
export const upgrades: readonly Upgrade[] = [
  broadcast,
  inferenceOnly,
  batchNormalizationSpatial,
  scanBatch,
  upsampleScales,
  upsampleToResize,
  sliceInputs,
  topKInput,
  dropoutMask,
  clipBounds,
  padInputs,
  resizeCoordinates,
  scatterToElements,
  dropoutRatio,
  axesInput13,
  resizeEmptyInputs,
  softmaxAxis,
  splitSizes,
  batchNormalizationOutputs,
  roiAlignCoordinates,
  axesInput18,
  splitParts,
  gridSampleModes,
  dftAxis,
  groupNormalizationChannels,
];
