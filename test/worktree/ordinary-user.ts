import { execFileSync } from 'node:child_process';

/** File permissions do not bind root: as root, runs the function with the rights of an ordinary user who owns the folder. */
export async function asOrdinaryUser(folder: string, act: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return act();
  const nobody = 65534;
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder]);
  const home = process.env['HOME'];
  process.env['HOME'] = folder;
  process.setegid!(nobody);
  process.seteuid!(nobody);
  try {
    await act();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
    if (home === undefined) delete process.env['HOME'];
    else process.env['HOME'] = home;
  }
}
