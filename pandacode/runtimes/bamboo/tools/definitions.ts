import type { ToolDefinition } from '../model/chat-model.ts';

const text = (description: string) => ({ type: 'string', description });
const number = (description: string) => ({ type: 'integer', description });
const flag = (description: string) => ({ type: 'boolean', description });

function define(name: string, description: string, properties: Record<string, unknown>, required: string[]): ToolDefinition {
  return { name, description, parameters: { type: 'object', properties, required, additionalProperties: false } };
}

/** The tools that every task gets. The texts are part of the stable prefix: each change costs a cache. */
export const toolDefinitions: ToolDefinition[] = [
  define(
    'read',
    'Read a file with line numbers, several files, or the map of a folder.',
    {
      path: text('File or folder, relative to the workspace.'),
      paths: { type: 'array', items: { type: 'string' }, description: 'Several files at once.' },
      mode: { type: 'string', enum: ['auto', 'map', 'list', 'stat', 'file'], description: 'auto: a file is read, a folder mapped.' },
      offset: number('First line, from 1.'),
      limit: number('Lines; 240 unless given.'),
      max_files: number('Most entries of a map; 500 unless given.'),
      max_depth: number('Depth of a map; 6 unless given.'),
    },
    [],
  ),
  define(
    'search',
    'Find text in files. Answers with file:line:text.',
    {
      query: text('Text, or a regular expression with regex.'),
      path: text('Folder or file to search in.'),
      regex: flag('The query is a regular expression.'),
      limit: number('Most matches; 200 unless given.'),
    },
    ['query'],
  ),
  define(
    'edit',
    'Change a file: replace old by new, insert text at an anchor, or apply a patch for git apply. A match must be exact and unique.',
    {
      path: text('File to change.'),
      old: text('Exact text to replace.'),
      new: text('Text that takes its place.'),
      replace_all: flag('Replace every occurrence.'),
      anchor: text('Exact text next to which something is inserted.'),
      text: text('Text to insert.'),
      position: { type: 'string', enum: ['before', 'after'], description: 'Side of the anchor; after unless given.' },
      insert_all: flag('Insert at every occurrence of the anchor.'),
      patch: text('A unified diff, instead of the others.'),
    },
    [],
  ),
  define(
    'write',
    'Write a whole file, or append to it.',
    {
      path: text('File to write.'),
      content: text('At most 256000 characters, 64000 with append.'),
      create_dirs: flag('Create missing folders; true unless given.'),
      append: flag('Add to the end.'),
      truncate_first: flag('With append: empty the file first.'),
    },
    ['path', 'content'],
  ),
  define('bash', 'Run a shell command in the workspace.', { cmd: text('The command, for sh -c.'), timeout_ms: number('Limit in milliseconds.') }, ['cmd']),
  define(
    'ask_user',
    'Ask the user when the task cannot go on without an answer. This ends the run until it is answered. Number the choices when there are some.',
    { question: text('The question.'), context: text('What is needed to answer it.') },
    ['question'],
  ),
  define(
    'finish',
    'End the task: success when it is done, blocked when it cannot be done.',
    {
      status: { type: 'string', enum: ['success', 'blocked'] },
      summary: text('What was done, or why it cannot be done.'),
      verification: { type: 'array', items: { type: 'string' }, description: 'How it was checked.' },
    },
    ['status', 'summary'],
  ),
];

/** The tool that hands in a value of the wanted schema. */
export function submitDefinition(parameters: Record<string, unknown>): ToolDefinition {
  const { $schema: _, $id: __, ...schema } = parameters;
  return { name: 'submit_result', description: 'Hand in the final result of the task. It must match the parameters. This ends the task.', parameters: schema };
}
