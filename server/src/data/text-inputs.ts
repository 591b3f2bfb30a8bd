/** Tokens that texts are brought to where neither the model nor the source says how many. */
export const usualTokens = 256;

/** Inputs of a text model that follow from the lengths of the texts. */
export const textInputs: readonly string[] = ['attention_mask', 'token_type_ids'];

/** Tokenizers that need no file. */
export const isBuiltIn = (tokenizer: string): boolean => tokenizer === 'bytes' || tokenizer === 'words';
