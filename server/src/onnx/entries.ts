import * as f from './fields.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** Reads one `StringStringEntryProto` into a map. */
export function readEntry(reader: WireReader, into: Map<string, string>): void {
  let [key, value] = ['', ''];
  reader.message((inner) => {
    while (inner.next()) {
      if (inner.field === f.entryFields.key) key = inner.text();
      else if (inner.field === f.entryFields.value) value = inner.text();
      else inner.skip();
    }
  });
  into.set(key, value);
}

export function writeEntries(out: WireWriter, field: number, entries: ReadonlyMap<string, string>): void {
  for (const [key, value] of entries) {
    out.message(field, (inner) => {
      inner.text(f.entryFields.key, key);
      inner.text(f.entryFields.value, value);
    });
  }
}

/** The optional parts of a message: only those that hold something. */
export function extras(
  doc: string,
  metadata: ReadonlyMap<string, string>,
  unknown: readonly Uint8Array[],
): {
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly unknown?: readonly Uint8Array[];
} {
  return {
    ...(doc === '' ? {} : { doc }),
    ...(metadata.size === 0 ? {} : { metadata }),
    ...(unknown.length === 0 ? {} : { unknown }),
  };
}
