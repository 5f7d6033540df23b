/** One row of the closed error table. */
export interface ErrorRow {
  /** One sentence for people: what this error means. */
  sentence: string;
  /** Whether trying again can help: never, after a while, or only once a person acted. */
  retryable: 'no' | 'after' | 'person';
  /** One imperative sentence: the usual way out. */
  next: string;
}
