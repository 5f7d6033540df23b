const allowed = [
  'PATH HOME USER LOGNAME SHELL LANG LC_* TZ TERM TMPDIR XDG_* *_PROXY *_proxy SSL_CERT_* NODE_EXTRA_CA_CERTS SSH_AUTH_SOCK GIT_* CI',
  'JAVA_HOME GOPATH GOROOT CARGO_HOME RUSTUP_HOME VIRTUAL_ENV CONDA_* NVM_DIR PNPM_HOME PYENV_ROOT',
  // Windows programs do not start without these.
  'SystemRoot SYSTEMROOT ComSpec COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE TEMP TMP',
]
  .join(' ')
  .split(' ');

/**
 * The environment of a child: an allow-list, never a copy of ours.
 *
 * @param extra names or patterns (`*` allowed) that the runtime or `--pass-env` adds
 */
export function childEnvironment(env: NodeJS.ProcessEnv, extra: readonly string[] = []): Record<string, string> {
  const patterns = [...allowed, ...extra].map(toPattern);
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && patterns.some((pattern) => pattern.test(name))) result[name] = value;
  }
  return result;
}

/** Names given by `--pass-env` and by the comma list `PANDACODE_PASS_ENV`. */
export function passedNames(flags: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const listed = (env['PANDACODE_PASS_ENV'] ?? '').split(',');
  return [...flags, ...listed].map((name) => name.trim()).filter(Boolean);
}

function toPattern(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
