import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { dataError, fileError } from './data-error.ts';
import type { DataSource } from './source.ts';
import { hashedWords, wordsOf } from './words.ts';

/** Turns texts into numbers. */
export interface Tokenizer {
  /** Up to `length` tokens of a text, those that frame it included. */
  readonly encode: (text: string, length: number) => readonly number[];
  /** What shorter texts are filled up with. */
  readonly padding: number;
  /** The file that it comes from. */
  readonly file: string | undefined;
}

const largestFile = 2 ** 27;
/** So many characters for each token are looked at: more only lie behind what is cut off. */
const charactersPerToken = 32;
const shortest = 1024;

/**
 * Opens the tokenizer that a source names: `bytes`, `words`, or a file: a `tokenizer.json` of Hugging Face, a `vocab.txt` of
 * BERT, or a list of words, one a line. Errors: `file-missing`, `file-unreadable`, `data-tokenizer`.
 */
export async function openTokenizer(
  { tokenizer, vocabulary }: Pick<DataSource, 'tokenizer' | 'vocabulary'>,
  folder: string,
): Promise<Tokenizer> {
  const known = await open(tokenizer, vocabulary, folder);
  const encode: Tokenizer['encode'] = (text, length) =>
    known.encode(text.slice(0, Math.max(shortest, charactersPerToken * length)), length);
  return { ...known, encode };
}

async function open(tokenizer: string, vocabulary: number, folder: string): Promise<Tokenizer> {
  if (tokenizer === 'bytes') return { encode: bytesOf, padding: 0, file: undefined };
  if (tokenizer === 'words') {
    const number = hashedWords(vocabulary);
    return {
      encode: (text, length) => wordsOf(text.toLowerCase()).slice(0, length).map(number),
      padding: 0,
      file: undefined,
    };
  }
  const file = resolve(folder, tokenizer);
  const content = readText(file);
  if (/\.json$/i.test(file)) return fromJson(parse(content, file), file);
  const lines = content.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.includes('[UNK]') && lines.includes('[CLS]') && lines.includes('[SEP]')
    ? fromJson(wordPiece(lines), file)
    : fromWords(lines, file);
}

const bytesOf: Tokenizer['encode'] = (text, length) =>
  Array.from(Buffer.from(text).subarray(0, length), (byte) => byte + 1);

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > largestFile) throw unusable(file, `has ${size} bytes; tokenizers may have ${largestFile}`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, file) : error;
  }
}

function parse(content: string, file: string): object {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && 'model' in value) return value;
  } catch (error) {
    throw unusable(file, `is no JSON: ${messageOf(error)}`, error);
  }
  throw unusable(file, 'has no model');
}

/** By Hugging Face's own library, which is loaded when a file needs it. */
async function fromJson(json: object, file: string): Promise<Tokenizer> {
  const library = await import('@huggingface/tokenizers');
  try {
    const tokenizer = new library.Tokenizer(json, {});
    const padding = paddingIn(json) ?? padded.map((name) => tokenizer.token_to_id(name)).find(isNumber) ?? 0;
    return {
      padding,
      file,
      encode: (text, length) => {
        try {
          const framed = tokenizer.encode(text).ids;
          return framed.length <= length ? framed : cut(framed, tokenizer.encode(text, bare).ids, length);
        } catch (error) {
          throw unusable(file, `cannot read a text: ${messageOf(error)}`, error);
        }
      },
    };
  } catch (error) {
    throw unusable(file, `is no tokenizer that can be read: ${messageOf(error)}`, error);
  }
}

const bare = { add_special_tokens: false };
const padded = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>'];
const isNumber = (value: unknown): value is number => typeof value === 'number';

function paddingIn(json: object): number | undefined {
  const padding = 'padding' in json ? json.padding : undefined;
  const id =
    typeof padding === 'object' && padding !== null && 'pad_id' in padding ? padding.pad_id : undefined;
  return isNumber(id) ? id : undefined;
}

/** Cuts the text and leaves what frames it: [CLS] before, [SEP] behind. */
function cut(framed: readonly number[], inner: readonly number[], length: number): readonly number[] {
  const extra = framed.length - inner.length;
  const before = Array.from({ length: extra + 1 }, (_, at) => at).find((at) =>
    inner.every((id, i) => framed[at + i] === id),
  );
  if (before === undefined || extra > length) return framed.slice(0, length);
  return [
    ...framed.slice(0, before),
    ...inner.slice(0, length - extra),
    ...framed.slice(before + inner.length),
  ];
}

/** What a `tokenizer.json` says for BERT's `vocab.txt` (Devlin et al., 2019): lower case unless the list has capital letters. */
function wordPiece(lines: readonly string[]): object {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].filter((name) => lines.includes(name));
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content) => ({
      id: lines.indexOf(content),
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: !lines.some((line) => /^(##)?\p{Lu}/u.test(line)),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [lines.indexOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(lines.map((line, id) => [line, id])),
    },
  };
}

const unknowns = ['<unk>', '[UNK]', '<UNK>', '<oov>', '<OOV>'];
const paddings = ['<pad>', '[PAD]', '<PAD>', ''];

/** Words by their lines. Those that are not in the list are its unknown word, or are left out where it has none. */
function fromWords(lines: readonly string[], file: string): Tokenizer {
  const numbers = new Map(lines.map((line, id) => [line, id]));
  const find = (names: readonly string[]) => names.map((name) => numbers.get(name)).find(isNumber);
  const [unknown, padding] = [find(unknowns), find(paddings) ?? 0];
  const capitals = lines.some((line) => /^\p{Lu}/u.test(line));
  return {
    padding,
    file,
    encode: (text, length) => {
      const found: number[] = [];
      for (const word of wordsOf(capitals ? text : text.toLowerCase())) {
        const number = numbers.get(word) ?? unknown;
        if (number !== undefined) found.push(number);
        if (found.length === length) break;
      }
      return found;
    },
  };
}

const unusable = (file: string, what: string, cause?: unknown) =>
  dataError(
    'data-tokenizer',
    `'${file}' ${what}.`,
    file,
    'Give the `tokenizer.json` or `vocab.txt` that belongs to the model, a list of words, or `bytes` or `words`.',
    cause,
  );
