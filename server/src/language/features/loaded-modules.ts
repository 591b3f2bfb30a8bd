import { createRequire } from 'node:module';
import type { LanguageRequests } from '../../protocol/language.ts';
import { defineFeature } from '../feature.ts';

type Loaded = LanguageRequests['pare/loadedModules'];

/** Lets a test see that this process never loads onnxruntime. */
export const loadedModules = defineFeature({
  name: 'loaded modules',
  capabilities: {},
  register: (connection) => {
    connection.onRequest('pare/loadedModules' satisfies keyof LanguageRequests, (): Loaded['result'] => {
      const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
      const scripts = Object.keys(createRequire(import.meta.url).cache);
      return { modules: [...scripts, ...sharedObjects] };
    });
  },
});
