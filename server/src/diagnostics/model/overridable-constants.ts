import { cloneModel, type Model } from '../../ir/model.ts';
import { tensorType } from '../../ir/value-type.ts';
import { defineDiagnostic } from '../define.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const plain = () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 2] },
    constants: { 'fc.weight': [4, 2] },
    nodes: [layer('fc', 'MatMul', 'x', 'y')],
  });

export const overridableConstants = defineDiagnostic({
  subject: 'model',
  code: 'overridable-constants',
  severity: 'warning',
  what: 'Constants are inputs of the graph as well.',
  why: 'Callers may override such a constant at every call, so nobody may fold, fuse or quantize it: ONNX Runtime leaves out its optimizations and warns. Exporters of before 2019 wrote all weights so.',
  remedy:
    'Remove them from the inputs: the quick fix does. Callers that override them must then pass real inputs.',
  *detect({ model }) {
    const names = model.graph.inputs
      .map(({ name }) => name)
      .filter((name) => model.graph.initializers.has(name));
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'constant')} ${names.length === 1 ? 'is an input' : 'are inputs'} too: ${listed(names)}.`,
        fix: { title: 'Make them constants only', apply: fixed },
      };
  },
  bad: [
    () => {
      const model = plain();
      model.graph.inputs.push({ name: 'fc.weight', type: tensorType('float', [4, 2]) });
      return model;
    },
  ],
  good: [plain],
});

/** The first version of the IR in which a constant need not be an input. */
const constantsAlone = 4;

function fixed(model: Model): Model {
  const copy = cloneModel(model);
  const { graph } = copy;
  const kept = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  graph.inputs.splice(0, graph.inputs.length, ...kept);
  return { ...copy, irVersion: Math.max(copy.irVersion, constantsAlone) };
}
