import * as z from 'zod';

/** A layer in words, or a block of layers with a shortcut around it. */
export type LayerText =
  | string
  | { readonly residual: readonly LayerText[]; readonly activation?: string | undefined };

const layer: z.ZodType<LayerText> = z
  .lazy(() =>
    z.union([
      z.string().describe('A layer in words: `conv 20 5x5 relu`, `maxpool 2`, `dense 10`.'),
      z.strictObject({
        residual: z
          .array(layer)
          .min(1)
          .describe(
            'Layers with a shortcut around them: their output and their input are added; where shapes differ the shortcut gets a 1x1 convolution.',
          ),
        activation: z.string().optional().describe('Activation after the addition.'),
      }),
    ]),
  )
  .meta({ id: 'layer' });

/** A network from scratch: the shape of one sample and the layers, first to last. */
export const architectureSchema = z.strictObject({
  input: z
    .array(z.int().positive())
    .min(1)
    .max(3)
    .describe('Shape of one sample: `[1, 28, 28]` is an image of one channel.'),
  layers: z
    .array(layer)
    .min(1)
    .max(1000)
    .describe('Layers, first to last; the last one gives a score for each class.'),
});

export type Architecture = z.output<typeof architectureSchema>;
