import manifest from '../../package.json' with { type: 'json' };

/** The version of Pare, as its package states it. */
export const { version } = manifest;
