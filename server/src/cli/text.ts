import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { openModel } from '../onnx/files.ts';
import { inlineBytes, placeInModel, saveText } from '../onnx/text/files.ts';
import { printModel } from '../onnx/text/printer.ts';
import { defineCommand } from './define.ts';

export const text = defineCommand({
  name: 'text',
  summary: "Print a model in ONNX's textual syntax.",
  details:
    "Large tensors stay out of the text: without `--output` it refers to the model's own file, with it they are written to `FILE.data` beside the text. `pare build` makes a model of it again. Documentation and metadata of single nodes and values have no form in text: `pare build --like MODEL` brings them back.",
  arguments: [{ name: 'MODEL', doc: 'ONNX model' }],
  options: z.strictObject({
    output: z.string().optional().describe('where to write the text (default: print it)'),
    inline: z
      .number()
      .int()
      .min(0)
      .default(inlineBytes)
      .describe('bytes that a tensor may have to stand in the text'),
  }),
  examples: ['pare text model.onnx', 'pare text model.onnx -o model.onnxtxt'],
  run: async ([path], { output, inline }) => {
    const model = openModel(path!);
    if (output === undefined || output === '-') {
      const printed = printModel(model, placeInModel(dirname(resolve(path!)), inline)).trimEnd();
      return { json: { text: printed }, text: printed };
    }
    const bytes = saveText(model, output, inline);
    return { json: { output, bytes }, text: output };
  },
});
