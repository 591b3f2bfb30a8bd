import type { TestWorkspace } from '../workspace.ts';
import type { Workbench } from './workbench.ts';

/** Something that a user does in the workbench, with a workspace of its own. */
export interface Scenario {
  readonly name: string;
  /** Opens the folder as one that the user has not said to trust. */
  readonly untrusted?: boolean;
  readonly prepare?: (workspace: TestWorkspace) => void;
  readonly run: (context: ScenarioContext) => Promise<void>;
}

export interface ScenarioContext {
  readonly workbench: Workbench;
  readonly workspace: TestWorkspace;
}
