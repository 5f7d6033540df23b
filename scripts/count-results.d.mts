/** The part of vitest's JSON results that is counted. */
export interface VitestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName?: string }[] }[];
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export function countResults(code: number | string, results: VitestResults | undefined): Counts & { problems: string[] };

export function failedFiles(results: VitestResults | undefined): string[];

export function withSecondLook(
  first: { counts: Counts; results: VitestResults },
  second: { counts: Counts; results: VitestResults | undefined },
): Counts & { unsteady: string[] };
