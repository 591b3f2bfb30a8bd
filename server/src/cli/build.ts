import { resolve } from 'node:path';
import * as z from 'zod';
import { PareError } from '../base/errors.ts';
import { openModel, saveModel } from '../onnx/files.ts';
import { openText } from '../onnx/text/files.ts';
import { keepUnsaid } from '../onnx/text/keep-unsaid.ts';
import { defineCommand } from './define.ts';

export const build = defineCommand({
  name: 'build',
  summary: "Make a model of a text in ONNX's textual syntax.",
  details:
    "External data must lie in the text's folder; they go into the model. Exit code 2 with every problem and its line when the text is no model.",
  arguments: [{ name: 'TEXT', doc: 'text, as `pare text` or onnx.printer writes it' }],
  options: z.strictObject({
    output: z.string().describe('where to write the model'),
    like: z
      .string()
      .optional()
      .describe('model whose documentation and metadata, which text cannot hold, are kept'),
    external: z.boolean().default(false).describe('put the constants into FILE.data beside the model'),
  }),
  examples: [
    'pare build model.onnxtxt -o model.onnx',
    'pare build edited.onnxtxt --like model.onnx -o edited.onnx',
  ],
  run: async ([path], { output, like, external }) => {
    const written = openText(path!);
    const model = like === undefined ? written : keepUnsaid(written, openModel(like));
    // The text may refer to the data of the very file that would be replaced.
    const sources = [path!, ...(like === undefined ? [] : [like]), ...dataFiles(written)].map((file) =>
      resolve(file),
    );
    if (sources.includes(resolve(output))) {
      throw new PareError('output-is-source', `'${output}' is what the model is made of.`, {
        hint: 'Give another path with --output.',
        place: { file: output },
      });
    }
    const bytes = saveModel(model, output, external ? { external } : {});
    return { json: { output, bytes, nodes: model.graph.nodes.length }, text: output };
  },
});

/** Files that hold data of the model's own constants. */
function dataFiles({ graph }: ReturnType<typeof openText>): string[] {
  return [...graph.initializers.values()].flatMap(({ data }) => (data.file ? [data.file.path] : []));
}
