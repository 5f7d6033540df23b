import { failure, type Failure } from '../errors/failure.ts';

/** The failure of a CLI that could not be started at all. */
export function startFailure(name: 'claude' | 'codex', error: NodeJS.ErrnoException): Failure {
  const variable = `PANDACODE_${name.toUpperCase()}_BIN`;
  if (error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOEXEC') {
    const why = error.code === 'ENOENT' ? 'was not found' : 'cannot be executed';
    return failure('not_installed', `the ${name} CLI ${why} (${error.path ?? name})`, {
      next_action: `Install the ${name} CLI, or name it with --${name}-bin or ${variable}.`,
    });
  }
  return failure('internal', `the ${name} CLI could not be started: ${error.message}`);
}
