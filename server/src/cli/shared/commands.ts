import { steps } from '../../steps/index.ts';
import type { Command } from '../define.ts';
import { commands } from '../index.ts';
import { stepCommand } from './step-command.ts';

/** Every command: the declared ones, and one for each step. */
export const allCommands = (): readonly Command[] =>
  [...commands, ...steps.map(stepCommand)].sort((a, b) => (a.name < b.name ? -1 : 1));
