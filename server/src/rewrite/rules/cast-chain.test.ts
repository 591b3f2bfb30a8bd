import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { type DataType, dataTypeCode } from '../../ir/data-type.ts';
import { castChain } from './cast-chain.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const cast = (b: Builder, x: string, type: DataType) => b.op('Cast', [x], { to: int(dataTypeCode(type)) });

proves(
  castChain,
  {
    name: 'to a wider type and back',
    inputs: { x: [5] },
    build: (b) => b.op('Relu', [cast(b, cast(b, 'x', 'double'), 'float')]),
  },
  ['Relu'],
);
proves(
  castChain,
  {
    name: 'through a wider type',
    inputs: { x: [5] },
    integers: ['x'],
    build: (b) => cast(b, cast(b, cast(b, 'x', 'int8'), 'int32'), 'float'),
  },
  ['Cast', 'Cast'],
);
refuses(
  castChain,
  { name: 'a type that rounds', inputs: { x: [5] }, build: (b) => cast(b, cast(b, 'x', 'int32'), 'float') },
  /rounds/,
);
