/** Domain of onnxruntime's kernels on images whose channels come in blocks, [N, C / b, H, W, b]. */
export const blockedDomain = 'com.microsoft.nchwc';
