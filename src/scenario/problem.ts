/** A span of text in a file; lines and columns count from 1, `endColumn` is exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Something wrong with what the user wrote, where it is, and what to write instead. */
export interface Problem extends Place {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint: string;
  /** Anchor in the reference of errors. */
  readonly docs: string;
}
