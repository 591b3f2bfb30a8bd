import type { Diagnostic } from '../define.ts';

const error = { subject: 'file', severity: 'error' } as const;

/** Why a model file, or a file that it needs, cannot be used. `onnx/` throws these codes. */
export const modelFiles: readonly Diagnostic[] = [
  {
    ...error,
    code: 'file-missing',
    what: 'A file that is named is not there.',
    why: 'Nothing can be said about the model, its layers or the data without it.',
    remedy: 'Check the path; a path in a recipe is relative to the recipe.',
  },
  {
    ...error,
    code: 'file-unreadable',
    what: 'A file is there but cannot be read.',
    why: 'It is a folder, or you may not read it.',
    remedy: 'Name a file, and check its permissions.',
  },
  {
    ...error,
    code: 'not-a-model',
    what: 'The file is not an ONNX model.',
    why: 'Its bytes are no ONNX protocol buffer: it is of another format, or an error page that was saved as a model.',
    remedy: 'Give a file that an exporter wrote, usually with the extension `.onnx`.',
  },
  {
    ...error,
    code: 'model-truncated',
    what: 'The model file ends before its data do.',
    why: 'The file was cut off while it was copied or downloaded.',
    remedy: 'Copy or export it again.',
  },
  {
    ...error,
    code: 'model-damaged',
    what: 'The model file contradicts itself.',
    why: 'A field has the wrong kind, or a constant does not have as many bytes as its shape needs.',
    remedy: 'Export the model again.',
  },
  {
    ...error,
    code: 'external-missing',
    what: 'The model keeps its weights in another file, which is not there.',
    why: 'Models above 2 GB, and many others, are two files; only one of them was copied.',
    remedy: "Put the data file into the model's folder under the name that the model states.",
  },
  {
    ...error,
    code: 'external-outside',
    what: 'The model wants to read a file outside of its own folder.',
    why: 'A model from somebody else could read any file of yours that way. Pare never follows such a path.',
    remedy: 'Move the data beside the model and export it again.',
  },
  {
    ...error,
    code: 'external-size',
    what: "The file with the model's weights has another size than the model says.",
    why: 'It belongs to another version of the model, or is cut off.',
    remedy: 'Copy both files again, together.',
  },
];
