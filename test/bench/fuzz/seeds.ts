import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '../../../server/src/onnx/read.ts';
import { readText } from '../../../server/src/onnx/text/build.ts';
import { printModel } from '../../../server/src/onnx/text/printer.ts';
import { modelBytes } from '../../../server/src/onnx/write.ts';
import { isNone } from '../../../server/src/ops/define.ts';
import { operators } from '../../../server/src/ops/index.ts';
import { sampleModel } from '../../conformance/operators/sample-model.ts';

/** A small network with shape arithmetic, a body, a function and several versions of operators to come. */
const network = `<ir_version: 8, opset_import: ["": 13, "f": 1]>
net (float[N,3,8,8] x, bool c) => (float[] y) <float[4,3,3,3] w = {${Array(108).fill('0.5').join(',')}}, int64[2] s = {0, -1}, int64[1] a = {2}> {
  h = Conv <pads = [1, 1, 1, 1]> (x, w)
  r = f.Act (h)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (r)
  d = Shape (p)
  i = Constant <value = int64[1] {0}> ()
  n = Gather (d, i)
  m = Constant <value = int64[1] {-1}> ()
  t = Concat <axis = 0> (n, m)
  z = Reshape (p, t)
  u = If (c) <then_branch = t () => (float[] v) { v = Relu (z) }, else_branch = e () => (float[] v) { q = Neg (z) v = Softmax (q) }>
  o = Unsqueeze (u, a)
  y = ReduceMean <axes = [2]> (o)
}
<domain: "f", opset_import: ["": 13]>
Act (p) => (q) { k = Constant <value = float {0.1}> () q = Mul (p, k) }`;

/** What is mutated: models that touch every message of onnx.proto and every operator that Pare knows. */
export function seedModels(): Uint8Array[] {
  const everything = readFileSync(join(import.meta.dirname, '../../fixtures/onnx/everything.onnx'));
  const samples = operators.flatMap((operator) =>
    (isNone(operator.samples) ? [] : operator.samples).map((sample) =>
      modelBytes(sampleModel(operator, sample).model),
    ),
  );
  return [new Uint8Array(everything), modelBytes(readText(network).model!), ...samples];
}

export const seedTexts = (models: readonly Uint8Array[]): string[] =>
  models.map((bytes) => printModel(readModel(bytes)));
