/**
 * Passed, failed and skipped tests of one vitest run, from its exit code and its JSON results (undefined when it wrote none).
 * A file that cannot be loaded, an error outside any test, a crash of the runner, and a run without tests are failures too, though no test names them: `problems` does.
 */
export function countResults(code, results) {
  const passed = results?.numPassedTests ?? 0;
  const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
  const problems = (results?.testResults ?? [])
    .filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
    .map((file) => `${file.name} failed outside its tests: ${String(file.message).split('\n')[0]}`);
  let failed = (results?.numFailedTests ?? 0) + problems.length;
  if (code !== 0 && failed === 0) {
    failed = 1;
    problems.push(`the test runner ended with ${code} and no failed test`);
  }
  if (code === 0 && passed + skipped === 0) {
    failed = 1;
    problems.push('no test ran');
  }
  return { passed, failed, skipped, problems };
}

/** Files with a failure that names them; none when the runner itself broke or wrote no results. */
export function failedFiles(results) {
  return (results?.testResults ?? []).filter((file) => file.status === 'failed').map((file) => file.name);
}

/**
 * Counts of a run whose failed files were run once more alone: those of the second run stand for these files.
 * `unsteady` names what failed in the first run only.
 *
 * @param counts, results of the first run
 * @param second counts and results of the second run
 */
export function withSecondLook({ counts, results }, second) {
  const again = results.testResults.filter((file) => file.status === 'failed');
  const count = (status) => again.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
  const outside = again.filter((file) => !file.assertionResults.some((test) => test.status === 'failed')).length;
  const stillFailed = new Set(failuresOf(second.results?.testResults ?? []));
  return {
    passed: counts.passed - count('passed') + second.counts.passed,
    failed: counts.failed - count('failed') - outside + second.counts.failed,
    skipped: counts.skipped - count('pending') - count('todo') - count('skipped') + second.counts.skipped,
    unsteady: second.results ? failuresOf(again).filter((name) => !stillFailed.has(name)) : [],
  };
}

function failuresOf(files) {
  return files
    .filter((file) => file.status === 'failed')
    .flatMap((file) => {
      const tests = file.assertionResults.filter((test) => test.status === 'failed').map((test) => `${file.name} > ${test.fullName}`);
      return tests.length > 0 ? tests : [file.name];
    });
}
