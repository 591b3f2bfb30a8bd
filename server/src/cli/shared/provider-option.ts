import * as z from 'zod';
import { providers } from '../../base/providers.ts';

/** The option that says what models are run on. */
export const providerOption = {
  provider: z
    .enum(providers)
    .default('cpu')
    .describe('execution provider; `pare bench MODEL --providers` says which work on this machine'),
};
