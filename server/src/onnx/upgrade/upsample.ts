import { text } from '../../ir/attribute.ts';
import { floats } from '../../ir/tensor.ts';
import { defineUpgrade } from './define.ts';
import { without } from './shared.ts';

/** Version 9 takes the scales as an input. */
export const upsampleScales = defineUpgrade({
  ops: ['Upsample'],
  version: 9,
  apply: (node, { graph, constant }) => {
    const scales = node.attributes.get('scales');
    if (scales?.kind !== 'floats') return "it has no attribute 'scales'";
    graph.update(node, {
      inputs: [node.inputs[0] ?? '', constant('float', [scales.value.length], scales.value)],
      attributes: without(node, 'scales'),
    });
    return undefined;
  },
});

/** Version 10 calls it Resize. */
export const upsampleToResize = defineUpgrade({
  ops: ['Upsample'],
  version: 10,
  apply: (node, { graph }) => {
    graph.update(node, { opType: 'Resize' });
    return undefined;
  },
});

/** Version 11 names how coordinates map; before, they mapped without an offset and were rounded down, or up when shrinking. */
export const resizeCoordinates = defineUpgrade({
  ops: ['Resize'],
  version: 11,
  apply: (node, { graph }) => {
    const [data = '', scales = ''] = node.inputs;
    const constant = graph.constant(scales);
    const shrinks = constant !== undefined && floats(constant).some((scale) => scale < 1);
    const attributes = new Map(node.attributes);
    attributes.set('coordinate_transformation_mode', text('asymmetric'));
    const mode = attributes.get('mode');
    if (mode?.kind !== 'string' || mode.value === 'nearest')
      attributes.set('nearest_mode', text(shrinks ? 'ceil' : 'floor'));
    graph.update(node, { inputs: [data, '', scales], attributes });
    return undefined;
  },
});

/** Version 13 wants scales or sizes, not an empty list of the other; version 11 had no way to leave it out. */
export const resizeEmptyInputs = defineUpgrade({
  ops: ['Resize'],
  version: 13,
  apply: (node, { graph }) => {
    const isEmpty = (input: string) => graph.constant(input)?.dims.includes(0) ?? false;
    graph.update(node, {
      inputs: node.inputs.map((input, index) => (index > 0 && isEmpty(input) ? '' : input)),
    });
    return undefined;
  },
});
