import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `config.toml` of bamboo may say. */
export interface BambooConfig {
  provider?: string;
  base_url?: string;
  api_key?: string;
  model?: string;
  max_tokens?: number;
}

const texts = ['provider', 'base_url', 'api_key', 'model'] as const;

/** Reads the user's `config.toml`: `name = value` lines at its top level. No file: nothing. */
export function readBambooConfig(env: NodeJS.ProcessEnv): BambooConfig {
  const folder = env['PANDACODE_BAMBOO_CONFIG_DIR'] || env['BAMBOO_CONFIG_DIR'] || join(env['HOME'] || homedir(), '.pandacode', 'bamboo');
  let text: string;
  try {
    text = readFileSync(join(folder, 'config.toml'), 'utf8');
  } catch {
    return {};
  }
  const config: BambooConfig = {};
  for (const line of text.split('\n')) {
    if (/^\s*\[/.test(line)) break;
    const match = /^\s*([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\d[\d_]*))\s*(?:#.*)?$/.exec(line);
    if (!match) continue;
    const [, name, double, single, number] = match;
    const value = double === undefined ? single : double.replace(/\\(["\\])/g, '$1');
    for (const known of texts) if (name === known && value) config[known] = value;
    if (name === 'max_tokens' && number !== undefined) config.max_tokens = Number(number.replaceAll('_', ''));
  }
  return config;
}
