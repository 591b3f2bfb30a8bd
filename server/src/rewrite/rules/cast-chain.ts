import { int } from '../../ir/attribute.ts';
import { type DataType, dataTypeCode, dataTypeOf } from '../../ir/data-type.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf } from './shared/attributes.ts';

/** Types that hold every value of a type. */
const holds: Partial<Readonly<Record<DataType, readonly DataType[]>>> = {
  bool: ['uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'bfloat16', 'float', 'double'],
  uint8: ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float16', 'float', 'double'],
  int8: ['int16', 'int32', 'int64', 'float16', 'float', 'double'],
  uint16: ['int32', 'uint32', 'int64', 'uint64', 'float', 'double'],
  int16: ['int32', 'int64', 'float', 'double'],
  int32: ['int64', 'double'],
  uint32: ['int64', 'uint64', 'double'],
  float16: ['float', 'double'],
  bfloat16: ['float', 'double'],
  float: ['double'],
};

/** Cast(Cast(x, A), B) -> Cast(x, B) where A holds every value that x can have; x where B is its own type. */
export const castChain = patternRule({
  name: 'cast-chain',
  summary: 'A Cast to a wider type and on to another becomes one Cast, or none.',
  patterns: ['Cast(inner:Cast(x))'],
  shared: true,
  check: (match) => {
    const from = match.type('x')?.type;
    if (!from) return "its input's type is not known";
    const between = castType(match, 'inner');
    return from === between || holds[from]?.includes(between) ? undefined : 'the first Cast rounds';
  },
  rewrite: (match) => {
    const to = dataTypeOf(intOf(match.root, 'to', 0));
    const x = match.value('x');
    return match.type('x')?.type === to ? x : match.build.op('Cast', [x], { to: int(dataTypeCode(to)) });
  },
});

const castType = ({ node }: Match, name: string): DataType => dataTypeOf(intOf(node(name), 'to', 0));
