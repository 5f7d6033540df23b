/**
 * File name of a raw report inside the run directory (PARSE-06). Of a session name over 80 characters the end is kept:
 * that is where the unique part stands.
 *
 * @param round 0 for the first report of an attempt; further rounds get a file each
 */
export function rawReportName(runtime: string, session: string, round = 0): string {
  const clean = session.replace(/[^A-Za-z0-9_.-]/g, '-').slice(-80);
  return `pandacode-${runtime.replace(/[^A-Za-z0-9_.-]/g, '-')}-${clean}${round ? `.${round + 1}` : ''}.report.json`;
}
