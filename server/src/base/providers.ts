/** Execution providers: what a model can be run on. Every one that some build of onnxruntime-node has. */
export const providers = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'qnn'] as const;

export type Provider = (typeof providers)[number];
