#!/usr/bin/env node
// Installs the agent CLIs that the tests drive, once, into a cache folder: $ODW_TEST_CLIS, else `test-clis` in ODW_HOME. Prints where they are.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The tested versions. */
export const pins = { '@anthropic-ai/claude-code': '2.1.328', '@openai/codex': '0.169.0', '@agentclientprotocol/claude-agent-acp': '0.100.0' };

// Drives the CLI that is installed anyway, so that it goes without its own copy, an optional dependency of 370 MB.
const adapter = '@agentclientprotocol/claude-agent-acp';

/**
 * Where the CLIs are: `CLAUDE_BIN`, `CODEX_BIN` and `CLAUDE_AGENT_ACP_BIN` win, then the cache folder. A CLI that is not
 * there, or there in another version than the pin, is undefined.
 */
export function findClis(env = process.env) {
  return {
    claude: env.CLAUDE_BIN ?? installed('@anthropic-ai/claude-code', 'claude', env),
    codex: env.CODEX_BIN ?? installed('@openai/codex', 'codex', env),
    'claude-agent-acp': env.CLAUDE_AGENT_ACP_BIN ?? installed(adapter, 'claude-agent-acp', env, adapterFolder(env)),
  };
}

/** The cache folder; may not exist yet. `ODW_TEST_CACHE` names the caller's ODW_HOME inside a test session. */
export function cacheFolder(env = process.env) {
  return env.ODW_TEST_CLIS ? resolve(env.ODW_TEST_CLIS) : join(env.ODW_TEST_CACHE ?? odwHome(env), 'test-clis');
}

function adapterFolder(env) {
  return join(cacheFolder(env), 'acp');
}

function installed(packageName, bin, env, folder = cacheFolder(env)) {
  const modules = join(folder, 'node_modules');
  const path = join(modules, '.bin', bin);
  try {
    const { version } = JSON.parse(readFileSync(join(modules, packageName, 'package.json'), 'utf8'));
    return version === pins[packageName] && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

// The same folder as odwHome of system/paths.ts, which a plain script cannot import.
function odwHome(env) {
  if (env.ODW_HOME) return resolve(env.ODW_HOME);
  if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, 'odw');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'odw');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'odw');
  return join(homedir(), '.local', 'state', 'odw');
}

function install(folder, names, ...flags) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const packages = names.map((name) => `${name}@${pins[name]}`);
  // Some declare a newer Node than ours; they do not need it.
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--save-exact', '--engine-strict=false', ...flags, ...packages], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (npm.status !== 0) throw new Error(`npm could not install ${packages.join(' and ')} into ${folder}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const before = findClis();
  if (!before.claude || !before.codex) install(cacheFolder(), ['@anthropic-ai/claude-code', '@openai/codex'], '--foreground-scripts');
  if (!before['claude-agent-acp']) install(adapterFolder(process.env), [adapter], '--omit=optional', '--ignore-scripts');
  const clis = findClis();
  const missing = Object.keys(clis).filter((name) => !clis[name]);
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: not in ${cacheFolder()} after the installation`);
  console.log(JSON.stringify(clis));
}
