import { cacheFolder, findClis } from '../../scripts/install-clis.mjs';

const clis = findClis();

/** The path of a vendor's CLI, or undefined when it is not installed: then the suite is skipped, loudly. */
export function installedCli(name: keyof typeof clis): string | undefined {
  const path = clis[name];
  if (path) return path;
  const reason = `the ${name} CLI is not installed in ${cacheFolder()}; run \`node scripts/install-clis.mjs\`, or set ${name.toUpperCase().replaceAll('-', '_')}_BIN`;
  if (process.env['PANDACODE_REQUIRE_CLIS'] === '1') throw new Error(reason);
  process.stderr.write(`SKIPPED: ${reason}\n`);
  return undefined;
}
