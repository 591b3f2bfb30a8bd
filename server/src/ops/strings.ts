import { type Attribute, floatList, int, ints, text } from '../ir/attribute.ts';
import { unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, perElement, perInput, type SampleInput } from './define.ts';
import { broadcastOf } from './shared/elementwise.ts';
import { indexInput } from './shared/samples.ts';
import { tensorOf } from './shared/types.ts';

const aspects = {
  gradient: { none: 'text has no derivative' },
  channels: { none: 'text has no channels' },
  quantize: { none: 'text has no numbers' },
} as const;

const strings = (values: readonly string[], shape: readonly number[] = [values.length]): SampleInput => ({
  type: 'string',
  shape,
  values,
});
const words = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

export const stringConcat = defineOp({
  ...aspects,
  type: 'StringConcat',
  summary: 'Joins strings element by element, with broadcasting.',
  inputs: ['X', 'Y'],
  outputs: ['Z'],
  attributes: {},
  infer: (context) => [broadcastOf(context, 'string')],
  cost: perElement(),
  samples: [{ name: 'broadcast', inputs: [strings(['a', 'b']), strings(['.com'])] }],
});

export const stringNormalizer = defineOp({
  ...aspects,
  type: 'StringNormalizer',
  summary: 'Removes stop words and changes case; what is left of the list moves together.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    case_change_action: attribute.string('NONE, LOWER or UPPER.', 'NONE'),
    is_case_sensitive: attribute.int('1: stop words are compared as they are written.', 0),
    locale: attribute.string('Locale of the case change.'),
    stopwords: attribute.strings('Words to remove.'),
  },
  infer: ({ inputs: [x], attributes: { stopwords } }) => {
    if (!stopwords || stopwords.length === 0) return [x];
    const shape = shapeOf(x);
    return [tensorType('string', shape && [...shape.slice(0, -1), unknownDim])];
  },
  cost: perInput(),
  samples: [
    {
      name: 'stop word',
      dataDependent: true,
      inputs: [strings(['Monday', 'tuesday', 'monday'])],
      attributes: new Map<string, Attribute>([
        ['stopwords', words(['monday'])],
        ['is_case_sensitive', int(1)],
      ]),
    },
  ],
});

export const stringSplit = defineOp({
  ...aspects,
  type: 'StringSplit',
  summary:
    'Splits every string at a delimiter (at spaces by default): the parts, and how many there are of each.',
  inputs: ['X'],
  outputs: ['Y', 'Z'],
  attributes: {
    delimiter: attribute.string('Where to split; at runs of spaces by default.'),
    maxsplit: attribute.int('Most splits of one string.'),
  },
  infer: ({ inputs: [x] }) => {
    const shape = shapeOf(x);
    return [tensorType('string', shape && [...shape, unknownDim]), tensorType('int64', shape)];
  },
  cost: perInput(),
  samples: [
    {
      name: 'dots',
      dataDependent: true,
      inputs: [strings(['a.b', 'c.d.e'])],
      outputs: 2,
      attributes: new Map([['delimiter', text('.')]]),
    },
  ],
});

export const regexFullMatch = defineOp({
  ...aspects,
  type: 'RegexFullMatch',
  summary: 'True for every string that the whole pattern (RE2 syntax) matches.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: { pattern: attribute.string('The pattern.') },
  infer: ({ inputs: [x] }) => [tensorOf('bool', shapeOf(x))],
  cost: perInput(),
  samples: [
    {
      name: 'domains',
      inputs: [strings(['www.example.org', 'example'])],
      attributes: new Map([['pattern', text('www\\..*')]]),
    },
  ],
});

export const tfIdfVectorizer = defineOp({
  ...aspects,
  type: 'TfIdfVectorizer',
  summary: 'Counts or weighs the n-grams of a text: one number for each n-gram of the pool.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    mode: attribute.string('TF counts, IDF says where there is one, TFIDF weighs counts.', 'TF'),
    min_gram_length: attribute.int('Shortest n-gram.', 1),
    max_gram_length: attribute.int('Longest n-gram.', 1),
    max_skip_count: attribute.int('Most items that an n-gram may skip.', 0),
    ngram_counts: attribute.ints('Where the n-grams of each length begin in the pool.'),
    ngram_indexes: attribute.ints('Place of every n-gram in the output.'),
    pool_int64s: attribute.ints('The pool of n-grams, of numbers.'),
    pool_strings: attribute.strings('The pool of n-grams, of words.'),
    weights: attribute.floats('Weight of every n-gram.'),
  },
  infer: ({ inputs: [x], attributes: { ngram_indexes } }) => {
    const shape = shapeOf(x);
    const size = (ngram_indexes ?? []).reduce((a, b) => Math.max(a, b), -1) + 1;
    return [tensorType('float', shape && [...shape.slice(0, -1), size])];
  },
  cost: perInput(4),
  samples: [
    {
      name: 'words in order',
      inputs: [indexInput([2, 6], [1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8])],
      attributes: new Map<string, Attribute>([
        ['mode', text('TF')],
        ['min_gram_length', int(2)],
        ['max_gram_length', int(2)],
        ['max_skip_count', int(0)],
        ['ngram_counts', ints([0, 4])],
        ['ngram_indexes', ints([0, 1, 2, 3, 4, 5, 6])],
        ['pool_int64s', ints([2, 3, 5, 4, 5, 6, 7, 8, 6, 7])],
        ['weights', floatList([1, 1, 1, 1, 1, 1, 1])],
      ]),
    },
  ],
});
