/** What is asked of each model, in the order of the report. */
export const aspects = {
  written: 'written back, onnxruntime gives the expected outputs',
  equal: 'written back, the model is equal by Python onnx',
  types: 'inferred types and shapes are those of the expected outputs',
  printed: 'our text is taken by onnx.parser and gives an equal model',
  reread: 'our text, read again, gives an equal model',
  theirs: 'the text of onnx.printer is taken and gives the model that onnx.parser gives',
  upgraded: 'up-converted, onnxruntime gives the expected outputs',
} as const;

export type Aspect = keyof typeof aspects;
