import { int, text } from '../../ir/attribute.ts';
import { defineUpgrade } from './define.ts';
import { intOf, refersTo, stringOf, without } from './shared.ts';

/** Version 16 shifts coordinates by half a pixel unless told otherwise. */
export const roiAlignCoordinates = defineUpgrade({
  ops: ['RoiAlign'],
  version: 16,
  apply: (node, { graph }) => {
    graph.update(node, {
      attributes: new Map([
        ...node.attributes,
        ['coordinate_transformation_mode', text('output_half_pixel')],
      ]),
    });
    return undefined;
  },
});

/** Version 20 names the modes for any number of dimensions. */
export const gridSampleModes = defineUpgrade({
  ops: ['GridSample'],
  version: 20,
  apply: (node, { graph }) => {
    const mode = { bilinear: 'linear', bicubic: 'cubic' }[stringOf(node, 'mode') ?? ''];
    if (mode) graph.update(node, { attributes: new Map([...node.attributes, ['mode', text(mode)]]) });
    return undefined;
  },
});

/** Version 20 takes the axis as an input, with another default. */
export const dftAxis = defineUpgrade({
  ops: ['DFT'],
  version: 20,
  apply: (node, { graph, constant }) => {
    const refers = refersTo(node, 'axis');
    if (refers) return refers;
    const axis = constant('int64', [], [intOf(node, 'axis') ?? 1]);
    graph.update(node, {
      inputs: [node.inputs[0] ?? '', node.inputs[1] ?? '', axis],
      attributes: without(node, 'axis'),
    });
    return undefined;
  },
});

/** Version 21 has scale and bias for every channel, not for every group: each is repeated over its group's channels. */
export const groupNormalizationChannels = defineUpgrade({
  ops: ['GroupNormalization'],
  version: 21,
  apply: (node, { graph, op, constant }) => {
    const groups = intOf(node, 'num_groups');
    if (groups === undefined) return "it has no attribute 'num_groups'";
    const [data = '', scale = '', bias = ''] = node.inputs;
    const channels = op('Shape', [data], { start: int(1), end: int(2) });
    const group = constant('int64', [1], [groups]);
    const shape = op('Concat', [group, op('Div', [channels, group])], { axis: int(0) });
    const [column, flat] = [constant('int64', [2], [groups, 1]), constant('int64', [1], [-1])];
    const repeated = [scale, bias].map((value) =>
      op('Reshape', [op('Expand', [op('Reshape', [value, column]), shape]), flat]),
    );
    graph.update(node, { inputs: [data, ...repeated] });
    return undefined;
  },
});
