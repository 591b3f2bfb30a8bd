import { numberAt, readStruct, structAt, structsAt, type ThriftStruct, textAt, textsAt } from './thrift.ts';

/** Physical types by their numbers in the file. */
const types = ['boolean', 'int32', 'int64', 'int96', 'float', 'double', 'bytes', 'fixed'] as const;
export type ParquetType = (typeof types)[number];

export interface ParquetColumn {
  /** Names from the outermost group to the column, with points: `image.bytes`. */
  readonly name: string;
  readonly type: ParquetType;
  /** Groups and the column itself that may be missing. */
  readonly optional: number;
  /** Whether a row has a list of values. */
  readonly repeated: boolean;
}

/** The values of a column in one group of rows. */
export interface ParquetChunk {
  readonly codec: number;
  readonly values: number;
  /** Where the pages lie in the file. */
  readonly start: number;
  readonly length: number;
}

export interface ParquetFooter {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  /** Chunks by the columns' names, and rows. */
  readonly groups: readonly { readonly rows: number; readonly chunks: ReadonlyMap<string, ParquetChunk> }[];
}

/**
 * Reads Parquet's file metadata (`parquet.thrift`, FileMetaData). Chunks lie within the file's `size` bytes, not over one another,
 * and rows add up. Throws `RangeError` for metadata that contradict themselves.
 */
export function readFooter(bytes: Uint8Array, size: number): ParquetFooter {
  const { value } = readStruct(bytes, 0);
  const columns = columnsIn(structsAt(value, 2));
  const groups = structsAt(value, 4).map((group) => ({
    rows: whole(numberAt(group, 3), 'rows'),
    chunks: new Map(structsAt(group, 1).map((chunk) => chunkIn(structAt(chunk, 3), size))),
  }));
  const rows = whole(numberAt(value, 3), 'rows');
  if (groups.reduce((sum, group) => sum + group.rows, 0) !== rows)
    throw new RangeError('the groups do not have as many rows as the file');
  const parts = groups.flatMap((group) => [...group.chunks.values()]);
  if (parts.reduce((sum, { length }) => sum + length, 0) > size)
    throw new RangeError('columns lie over one another');
  return { rows, columns, groups };
}

function columnsIn(elements: readonly ThriftStruct[]): readonly ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let at = 0;
  const walk = (names: readonly string[], optional: number, repeated: boolean): void => {
    const element = elements[at++];
    if (!element || names.length > 16) throw new RangeError('the schema is cut off');
    const root = names.length === 0;
    const repetition = root ? 0 : (numberAt(element, 3) ?? 0);
    const path = [...names, textAt(element, 4)];
    const inner = [optional + (repetition === 0 ? 0 : 1), repeated || repetition === 2] as const;
    const children = numberAt(element, 5) ?? 0;
    if (children > elements.length) throw new RangeError('the schema is cut off');
    if (children > 0 || root) for (let i = 0; i < children; i++) walk(path, ...inner);
    else
      columns.push({
        name: path.slice(1).join('.'),
        type: types[numberAt(element, 1) ?? -1] ?? 'fixed',
        optional: inner[0],
        repeated: inner[1],
      });
  };
  walk([], 0, false);
  return columns;
}

function chunkIn(data: ThriftStruct | undefined, size: number): readonly [string, ParquetChunk] {
  if (!data) throw new RangeError('a column has no metadata');
  const first = whole(numberAt(data, 9), 'offset');
  const dictionary = numberAt(data, 11);
  // Some writers give 0 where there is no dictionary.
  const start = dictionary !== undefined && dictionary > 0 && dictionary < first ? dictionary : first;
  const length = whole(numberAt(data, 7), 'length');
  if (start + length > size) throw new RangeError('a column lies beyond the end of the file');
  return [
    textsAt(data, 3).join('.'),
    { codec: numberAt(data, 4) ?? 0, values: whole(numberAt(data, 5), 'values'), start, length },
  ];
}

function whole(value: number | undefined, what: string): number {
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`the ${what} of a part are not known`);
}
