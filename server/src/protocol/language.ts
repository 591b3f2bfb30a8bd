/** What the editor and the language server say to each other beyond the Language Server Protocol. Types only. */

/** Requests of the client, by method. */
export interface LanguageRequests {
  /**
   * Checks model files and publishes what it finds as diagnostics of their URIs, replacing what was published before. Files
   * that have not changed since the last time are not read again. A URI of a file that is gone loses its diagnostics.
   */
  readonly 'pare/checkModels': {
    readonly params: { readonly uris: readonly string[] };
    readonly result: CheckModelsResult;
  };
  /** Writes a mended copy of a model beside it. Nothing is ever written over. */
  readonly 'pare/fixModel': {
    readonly params: FixModelParams;
    readonly result: FixModelResult;
  };
  /** For tests: the files of all modules and native libraries that the server's process has loaded. */
  readonly 'pare/loadedModules': {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly modules: readonly string[] };
  };
}

export interface CheckModelsResult {
  readonly checked: number;
  readonly problems: number;
}

export interface FixModelParams {
  readonly uri: string;
  /** Codes of the diagnostics to mend; all that can be mended by default. */
  readonly codes?: readonly string[];
}

export interface FixModelResult {
  /** The file that was written, or null when there was nothing to mend. */
  readonly uri: string | null;
  /** Titles of the fixes made. */
  readonly applied: readonly string[];
}

/** Section `pare` of the editor's settings, as far as the server reads it; asked for by `workspace/configuration`, per resource. */
export interface LanguageSettings {
  readonly diagnostics: {
    /** Codes that are not reported. */
    readonly ignore: readonly string[];
  };
  readonly inlayHints: {
    /** Show what each layer under `layers:` costs. */
    readonly enabled: boolean;
  };
}

/** Commands that lenses and code actions call; the client implements them. Their one argument is the recipe's URI. */
export type LanguageCommand = 'pare.run' | 'pare.dryRun';
