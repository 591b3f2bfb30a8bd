import type { Editor } from '../install.ts';
import type { Outcome } from '../outcome.ts';

export async function runUi(_e: Editor, _n: string, _note: (outcome: Outcome) => void): Promise<void> {}
