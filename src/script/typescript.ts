import { scriptError, type ScriptText } from './script-error.ts';

/**
 * TypeScript turned into JavaScript by blanking the types: every position stays.
 * Throws `script-typescript` for syntax that does more than state types.
 */
export async function stripTypes(script: ScriptText): Promise<string> {
  // Loads the TypeScript compiler: half a second that plain JavaScript must not pay.
  const { default: tsBlankSpace } = await import('ts-blank-space');
  let unsupported: { offset: number; text: string } | undefined;
  const stripped = tsBlankSpace(script.text, (node) => {
    // A node begins with the white space and comments before it; its own start needs a tree with parents.
    const offset = node.pos + (/^(?:\s|\/\*[^]*?\*\/|\/\/.*)*/.exec(script.text.slice(node.pos, node.end))?.[0].length ?? 0);
    if (!unsupported || offset < unsupported.offset) unsupported = { offset, text: script.text.slice(offset, node.end) };
  });
  if (!unsupported) return stripped;
  throw scriptError(
    'script-typescript',
    script,
    unsupported.offset,
    `${describe(unsupported.text)} is TypeScript that cannot be removed in place; only syntax that vanishes with the types is accepted`,
  );
}

function describe(text: string): string {
  if (/^(export\s+)?(declare\s+)?(const\s+)?enum\b/.test(text)) return 'an enum';
  if (/^(export\s+)?(declare\s+)?(namespace|module)\b/.test(text)) return 'a namespace with values';
  if (/^(public|private|protected|readonly|override)\b/.test(text)) return 'a parameter property';
  if (/^(export\s+)?import\b/.test(text)) return '`import … = …`';
  if (/^export\s*=/.test(text)) return '`export =`';
  return 'this';
}
