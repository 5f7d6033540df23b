import type { ToolDefinition } from '../model/chat-model.ts';
import type { Arguments } from './tool.ts';

const synonyms: Record<string, Record<string, string>> = {
  '*': { file_path: 'path', filePath: 'path', filename: 'path' },
  bash: { command: 'cmd', timeout: 'timeout_ms', timeoutMs: 'timeout_ms' },
  edit: { old_string: 'old', oldString: 'old', new_string: 'new', newString: 'new', replaceAll: 'replace_all', diff: 'patch' },
  search: { pattern: 'query' },
  write: { contents: 'content' },
};

/** Names of older tools: not offered, but they run as their successor. */
const successors: Record<string, { name: string; with?: Arguments; rename?: Record<string, string> }> = {
  read_file: { name: 'read', with: { mode: 'file' } },
  read_files: { name: 'read', with: { mode: 'file' } },
  list_files: { name: 'read', with: { mode: 'list' } },
  search_regex: { name: 'search', with: { regex: true } },
  apply_patch: { name: 'edit', rename: { input: 'patch' } },
  replace_text: { name: 'edit' },
  insert_text: { name: 'edit' },
  write_file: { name: 'write' },
  append_file: { name: 'write', with: { append: true } },
  shell: { name: 'bash' },
};

export type Understood = { name: string; args: Arguments } | { problem: string; help: string };

/** Makes sense of a call: older names, synonyms and unknown keys; wrong types and missing arguments are told with the right shape. */
export function understandCall(name: string, input: unknown, raw: string | undefined, offered: ToolDefinition[]): Understood {
  const successor = successors[name];
  const definition = offered.find((one) => one.name === (successor?.name ?? name));
  if (!definition) return { problem: `unknown tool ${name}`, help: `The tools are: ${offered.map((one) => one.name).join(', ')}.` };
  const help = shapeOf(definition);
  if (raw !== undefined) return { problem: `the arguments of ${name} are not valid JSON: ${raw.slice(0, 200)}`, help };
  const value = typeof input === 'string' ? parsed(input) : input;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: `the arguments of ${name} must be a JSON object`, help };
  if (definition.name === 'submit_result') return { name: definition.name, args: value as Arguments };
  const args: Arguments = { ...successor?.with };
  const properties = definition.parameters['properties'] as Record<string, { type: string; enum?: string[] }>;
  const renamed: Record<string, string> = { ...synonyms['*'], ...synonyms[definition.name], ...successor?.rename };
  for (const [key, one] of Object.entries(value)) {
    const own = properties[key] ? key : renamed[key];
    if (own === undefined || !properties[own] || one === null || one === undefined) continue;
    if (own !== key && own in value) continue;
    args[own] = coerced(one, properties[own].type);
  }
  const problem = problemOf(args, properties, definition.parameters['required'] as string[]);
  return problem ? { problem: `${name}: ${problem}`, help } : { name: definition.name, args };
}

function problemOf(args: Arguments, properties: Record<string, { type: string; enum?: string[] }>, required: string[]): string | undefined {
  for (const key of required) if (args[key] === undefined) return `the argument ${key} is missing`;
  for (const [key, value] of Object.entries(args)) {
    const { type } = properties[key]!;
    const found = Array.isArray(value) ? 'array' : typeof value;
    if (found !== (type === 'integer' ? 'number' : type)) return `the argument ${key} must be of type ${type}; got ${found}`;
    if (type === 'array' && (value as unknown[]).some((item) => typeof item !== 'string')) return `the argument ${key} must hold texts only`;
  }
  return undefined;
}

// Models write numbers and booleans as text, and single texts where a list is meant.
function coerced(value: unknown, type: string): unknown {
  if (type === 'integer' && typeof value === 'string' && /^\d+$/.test(value.trim())) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if (type === 'array' && typeof value === 'string') return [value];
  return value;
}

function shapeOf({ name, parameters }: ToolDefinition): string {
  const required = new Set(parameters['required'] as string[] | undefined);
  const fields = Object.entries((parameters['properties'] ?? {}) as Record<string, { type?: string; enum?: string[] }>).map(
    ([key, { type, enum: values }]) => `${key}${required.has(key) ? '' : '?'}: ${values ? values.join('|') : (type ?? 'any')}`,
  );
  return `${name} takes {${fields.join(', ')}}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
