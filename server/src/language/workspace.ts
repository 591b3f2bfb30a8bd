/** The open recipes and the models and data that they name, each read once per version. */
export interface Workspace {
  readonly root: string | undefined;
}
