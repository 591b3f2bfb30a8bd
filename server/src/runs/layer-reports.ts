import { modelCost } from '../analysis/cost.ts';
import { layerNames } from '../ir/layer-names.ts';
import type { Model } from '../ir/model.ts';
import type { LayerReport, StepReport } from '../protocol/run.ts';

/** Every layer with weights of the original: what became of its bytes, and what each step did to it. Layers are matched by name. */
export function layerReports(
  before: Model,
  after: Model,
  steps: readonly StepReport[],
): readonly LayerReport[] {
  const bytesAfter = weightBytes(after);
  const names = layerNames(before.graph);
  return modelCost(before).layers.flatMap(({ node, op, parameters, macs, bytes }) => {
    const layer = names.get(node) ?? node.name;
    if (parameters === 0) return [];
    const changes = steps.flatMap((step) =>
      step.layers
        .filter((change) => change.layer === layer)
        .map((change) => `${step.name}: ${change.change}`),
    );
    return [
      { layer, op, parameters, macs, bytesBefore: bytes, bytesAfter: bytesAfter.get(layer) ?? 0, changes },
    ];
  });
}

/** Bytes that each named layer reads from constants, through DequantizeLinear where it is quantized. */
function weightBytes(model: Model): ReadonlyMap<string, number> {
  const { graph } = model;
  const names = layerNames(graph);
  const cost = new Map(modelCost(model).layers.map((layer) => [layer.node, layer.bytes]));
  return new Map(
    graph.nodes.map((node) => {
      const dequantized = node.inputs
        .map((input) => graph.producer(input))
        .filter(
          (producer) => producer?.opType === 'DequantizeLinear' && graph.constant(producer.inputs[0] ?? ''),
        );
      const own = cost.get(node) ?? 0;
      return [
        names.get(node) ?? node.name,
        dequantized.reduce((total, producer) => total + (cost.get(producer!) ?? 0), own),
      ];
    }),
  );
}
