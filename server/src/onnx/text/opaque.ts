import { typeFields, valueFields } from '../fields.ts';
import { memorySource } from '../source.ts';
import { WireReader } from '../wire-reader.ts';
import { WireWriter } from '../wire-writer.ts';

/** `TypeProto.Opaque`: a type of somebody else's, known by its name alone. Pare keeps it as the field that says it. */
const opaqueFields = { domain: 1, name: 2 } as const;

/** The `type` field of a value whose type is opaque. */
export function opaqueField(domain: string, name: string): Uint8Array {
  const out = new WireWriter();
  out.message(valueFields.type, (type) =>
    type.message(typeFields.opaque, (opaque) => {
      if (domain !== '') opaque.text(opaqueFields.domain, domain);
      if (name !== '') opaque.text(opaqueFields.name, name);
    }),
  );
  return new Uint8Array(Buffer.concat([...out.chunks()]));
}

/** `opaque(domain, name)` for a field that `opaqueField` made or a file held; undefined for any other field. */
export function opaqueText(field: Uint8Array): string | undefined {
  const reader = new WireReader(memorySource(field));
  if (!reader.next() || reader.field !== valueFields.type) return undefined;
  return reader.message((type) => {
    while (type.next()) {
      if (type.field !== typeFields.opaque) {
        type.skip();
        continue;
      }
      let [domain, name] = ['', ''];
      type.message((opaque) => {
        while (opaque.next()) {
          if (opaque.field === opaqueFields.domain) domain = opaque.text();
          else if (opaque.field === opaqueFields.name) name = opaque.text();
          else opaque.skip();
        }
      });
      return `opaque(${domain === '' ? '' : `${domain}, `}${name})`;
    }
    return undefined;
  });
}
