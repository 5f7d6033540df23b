/** A git patch with colours, one part per file. */
export const diffScript = String.raw`
const DIFF_LINES = 4000;

function diffView(tree) {
  if (tree.error) return h('p', { class: 'bad-text' }, tree.error + (tree.path ? ' — the tree is kept at ' + tree.path : ''));
  if (!tree.changed) return h('p', { class: 'soft' }, 'No file was changed.');
  const parts = tree.diff.text.split(/^(?=diff --git )/m).filter((part) => part.trim() !== '');
  const where = tree.diffFile && h('p', { class: 'hint' }, 'Whole patch: ' + tree.diffFile);
  if (parts.length === 0) return [h('ul', { class: 'files' }, tree.files.map((file) => h('li', {}, file))), where];
  let left = DIFF_LINES;
  const views = parts.map((part) => {
    const lines = part.replace(/\n$/, '').split('\n');
    const shown = lines.slice(0, left);
    left -= shown.length;
    const added = lines.filter((line) => line.startsWith('+') && !line.startsWith('+++')).length;
    const removed = lines.filter((line) => line.startsWith('-') && !line.startsWith('---')).length;
    const name = nameIn(lines);
    return h('details', { class: 'file', open: parts.length <= 6 },
      h('summary', {}, h('code', {}, name), h('span', { class: 'plus' }, '+' + added), h('span', { class: 'minus' }, '−' + removed)),
      h('pre', { class: 'diff', tabindex: '0' }, shown.map((line) => h('span', { class: lineClass(line) }, line + '\n'))));
  });
  const cut = (left <= 0 || tree.diff.cutFrom) && h('p', { class: 'hint' }, 'This diff is cut here.');
  return [views, cut, where];
}

function nameIn(lines) {
  const after = lines.find((line) => line.startsWith('+++ '));
  if (after && after !== '+++ /dev/null') return after.slice(4).replace(/^"?b\//, '').replace(/"$/, '');
  const found = /^diff --git .* "?b\/(.*?)"?$/.exec(lines[0]);
  return found ? found[1] : lines[0];
}

function lineClass(line) {
  if (line.startsWith('@@')) return 'hunk';
  if (/^(diff |index |--- |\+\+\+ |new |deleted |old |similarity |rename |copy |GIT binary)/.test(line)) return 'meta';
  if (line.startsWith('+')) return 'plus';
  return line.startsWith('-') ? 'minus' : '';
}
`;
