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
