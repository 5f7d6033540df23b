/** The part of vitest's JSON results that is counted. */
export interface VitestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message: string; assertionResults: { status: string }[] }[];
}

export function countResults(
  code: number | string,
  results: VitestResults | undefined,
): { passed: number; failed: number; skipped: number; problems: string[] };
