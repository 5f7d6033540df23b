/**
 * Reads the definition file of a subagent (DIAL-15): a header between lines of `---`, then the text that comes before every prompt.
 * Of the header only `model` counts; `inherit` and blank mean none.
 */
export function readDefinition(file: string): { text: string; model?: string } {
  const parts = /^\uFEFF?---[ \t]*\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)([^]*)$/.exec(file);
  if (!parts) return { text: file.trim() };
  const given = /^model:[ \t]*(.*?)[ \t]*(?:#.*)?$/m.exec(parts[1] ?? '')?.[1];
  const model = given?.replace(/^(["'])(.*)\1$/, '$2').trim();
  const text = (parts[2] ?? '').trim();
  return model === undefined || model === '' || model === 'inherit' ? { text } : { text, model };
}
