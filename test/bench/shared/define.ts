/** A benchmark: Pare against a peer on the same machine, in one run. */
export interface Bench {
  readonly summary: string;
  readonly run: (log: (line: string) => void) => Promise<readonly Row[]>;
}

/** One figure of both. `ratio` is ours over the peer's; null where the peer has no such figure or a ratio says nothing. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly unit: string;
}

export const row = (name: string, ours: number, peer: number, unit: string): Row => ({
  name,
  ours,
  peer,
  ratio: peer === 0 ? null : ours / peer,
  unit,
});
