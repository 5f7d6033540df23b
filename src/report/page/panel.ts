/** Everything about the node that was clicked. */
export const panelScript = String.raw`
let selected = -1;
let cameFrom = null;

function select(n) {
  const wasOpen = selected >= 0;
  for (const element of document.querySelectorAll('.selected')) element.classList.remove('selected');
  selected = n;
  const panel = document.getElementById('panel');
  panel.hidden = n < 0;
  document.body.classList.toggle('with-panel', n >= 0);
  if (n < 0) {
    if (wasOpen) history.replaceState(null, '', '#');
    if (cameFrom && cameFrom.isConnected) cameFrom.focus();
    cameFrom = null;
    return;
  }
  if (!wasOpen) cameFrom = document.activeElement;
  for (const element of document.querySelectorAll('[data-n="' + n + '"]')) element.classList.add('selected');
  history.replaceState(null, '', '#node=' + n);
  panel.replaceChildren(...panelOf(R.nodes[n]));
  panel.scrollTop = 0;
  panel.querySelector('.close').focus({ preventScroll: true });
}

function step(by) {
  const at = view.order.indexOf(selected);
  const next = view.order[at + by];
  if (next === undefined) return;
  select(next);
  const row = document.querySelector('#nodes tr[data-n="' + next + '"]');
  if (row) row.scrollIntoView({ block: 'nearest' });
}

function panelOf(node) {
  const facts = [
    ['phase', node.phase || '–'],
    node.agentType && ['type', node.agentType],
    ['runtime', node.runtime || '–'],
    ['model', node.model || '–'],
    ['took', duration(lasted(node))],
    ['tokens', node.tokens === null ? '–' : node.tokens.toLocaleString()],
    ['started', '+' + duration(node.startMs - t0)],
    node.item !== undefined && ['item', String(node.item) + (node.stage === undefined ? '' : ', stage ' + node.stage)],
  ].filter(Boolean);
  return [
    h('div', { class: 'panel-head' },
      h('span', { class: 'pill ' + node.status }, h('i', { 'aria-hidden': 'true' }), WORDS[node.status]),
      h('h2', { id: 'panel-title' }, node.label),
      h('button', { class: 'small', type: 'button', title: 'Previous (k)', 'aria-label': 'Previous node', onclick: () => step(-1) }, '↑'),
      h('button', { class: 'small', type: 'button', title: 'Next (j)', 'aria-label': 'Next node', onclick: () => step(1) }, '↓'),
      h('button', { class: 'small close', type: 'button', title: 'Close (Esc)', 'aria-label': 'Close', onclick: () => select(-1) }, '✕')),
    h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { title: value }, value)))),
    node.error && h('section', { class: 'error' },
      h('h3', {}, 'Failed: ' + node.error.category),
      node.error.message && h('p', {}, node.error.message),
      node.error.issues.length > 0 && h('ul', {}, node.error.issues.map((issue) => h('li', {}, h('code', {}, issue)))),
      node.error.next && h('p', { class: 'next' }, '→ ' + node.error.next)),
    node.prompt !== undefined && part('Prompt', () => node.prompt, longText({ text: node.prompt })),
    node.result && part('Result', () => node.result.text, longText(node.result)),
    node.worktree && part('Diff', () => node.worktree.diff.text, diffView(node.worktree)),
    node.attempts.length > 1 && part('Attempts', null, attemptsTable(node)),
    part('config (from code)', null, configTable(node)),
  ].filter(Boolean);
}

function part(title, text, content) {
  return h('section', { class: 'part' }, h('div', { class: 'part-head' }, h('h3', {}, title), text && text() !== '' && copyButton(text)), content);
}

function attemptsTable(node) {
  return h('table', { class: 'mini' }, h('tbody', {}, node.attempts.map((attempt) => h('tr', {},
    h('th', { scope: 'row' }, attempt.attempt + '/' + node.maxAttempts),
    h('td', {}, mark(attempt.outcome === 'ok' ? 'ok' : attempt.outcome === 'open' ? 'running' : 'failed'), attempt.outcome === 'retry' ? 'failed, tried again' : attempt.outcome === 'wait' ? 'refused, went on later' : attempt.outcome),
    h('td', {}, attempt.reason || ''),
    h('td', { class: 'num' }, attempt.endMs === null ? '–' : duration(attempt.endMs - attempt.startMs)),
    h('td', { class: 'num' }, attempt.tokens === undefined ? '' : count(attempt.tokens) + ' tok')))));
}

function configTable(node) {
  const rows = [...Object.entries(node.config || {}), ['key', node.key]];
  return h('table', { class: 'mini config' }, h('tbody', {}, rows.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, h('code', {}, typeof value === 'string' ? value : JSON.stringify(value)))))));
}
`;
