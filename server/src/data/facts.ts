/** What the head of a data set says, without reading its samples. */
export interface DatasetFacts {
  readonly samples: number;
  readonly sampleShape: readonly number[];
  /** Number of labels; undefined when the source names none. */
  readonly labels: number | undefined;
}
