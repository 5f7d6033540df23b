// Turns an action into a call of the tool that the asking client offered.

// Each mapper gets the set of tool names the client offered and returns {name, input, custom?} or null for text.
export function toToolCall(a, names) {
  const has = (n) => names.has(n);
  const first = (...ns) => ns.find(has);
  if (a.tool) return { name: a.tool.name, input: a.tool.input ?? {}, raw: a.tool.raw, custom: a.tool.custom };
  if (a.json !== undefined) {
    const n = first('StructuredOutput', 'structured_output', 'submit', 'submit_result');
    return n ? { name: n, input: a.json } : null;
  }
  if (a.write) {
    const { path, content } = a.write;
    if (has('Write')) return { name: 'Write', input: { file_path: path, content } };
    if (has('apply_patch')) return { name: 'apply_patch', patch: true, input: addFilePatch(path, content) };
    if (has('write')) return { name: 'write', input: { filePath: path, path, content } };
    if (has('write_file')) return { name: 'write_file', input: { path, file_path: path, content } };
    return shell(names, heredoc(path, content));
  }
  if (a.edit) {
    const { path, old, new: nu } = a.edit;
    if (has('Edit')) return { name: 'Edit', input: { file_path: path, old_string: old, new_string: nu, replace_all: false } };
    if (has('apply_patch')) return { name: 'apply_patch', patch: true, input: updateFilePatch(path, old, nu) };
    if (has('edit')) return { name: 'edit', input: { filePath: path, path, oldString: old, newString: nu, old_string: old, new_string: nu } };
    if (has('edit_file')) return { name: 'edit_file', input: { path, old_string: old, new_string: nu } };
  }
  if (a.patch) return has('apply_patch') ? { name: 'apply_patch', patch: true, input: a.patch } : shell(names, `apply_patch <<'PATCH'\n${a.patch}\nPATCH`);
  if (a.bash) return shell(names, a.bash);
  if (a.read) {
    if (has('Read')) return { name: 'Read', input: { file_path: a.read } };
    const n = first('read', 'read_file');
    return n ? { name: n, input: { path: a.read, filePath: a.read } } : shell(names, `cat ${q(a.read)}`);
  }
  return null;
}
const q = (s) => `'${String(s).replaceAll("'", `'\\''`)}'`;
const heredoc = (path, content) => `cat > ${q(path)} <<'FAKE_EOF'\n${content}\nFAKE_EOF`;
const addFilePatch = (path, content) =>
  `*** Begin Patch\n*** Add File: ${path}\n${content
    .replace(/\n$/, '')
    .split('\n')
    .map((l) => '+' + l)
    .join('\n')}\n*** End Patch\n`;
const updateFilePatch = (path, old, nu) =>
  `*** Begin Patch\n*** Update File: ${path}\n@@\n${old
    .split('\n')
    .map((l) => '-' + l)
    .join('\n')}\n${nu
    .split('\n')
    .map((l) => '+' + l)
    .join('\n')}\n*** End Patch\n`;
function shell(names, cmd) {
  if (names.has('Bash')) return { name: 'Bash', input: { command: cmd, description: 'fake command' } };
  if (names.has('exec_command')) return { name: 'exec_command', input: { cmd } };
  if (names.has('shell_command')) return { name: 'shell_command', input: { command: cmd } };
  if (names.has('shell')) return { name: 'shell', input: { command: ['bash', '-lc', cmd] } };
  if (names.has('run_shell_command')) return { name: 'run_shell_command', input: { command: cmd, description: 'fake command' } };
  if (names.has('bash')) return { name: 'bash', input: { command: cmd, description: 'fake command' } };
  return null;
}
