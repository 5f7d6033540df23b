/** All nodes as a table: filter by status, search, sort. Rows are made in pieces, so that a large run opens at once. */
export const tableScript = String.raw`
const COLUMNS = [
  { name: '#', of: (node) => node.index, num: true },
  { name: 'node', of: (node) => node.label.toLowerCase() },
  { name: 'phase', of: (node) => node.phase },
  { name: 'status', of: (node) => node.status },
  { name: 'model', of: (node) => modelOf(node) },
  { name: 'tries', of: (node) => node.attempts.length, num: true },
  { name: 'took', of: (node) => lasted(node) || 0, num: true },
  { name: 'tokens', of: (node) => node.tokens || 0, num: true },
];
const view = { status: 'all', search: '', sort: 0, down: false, order: R.nodes.map((_, n) => n) };
let haystacks;
let making = 0;

function table() {
  const counts = { all: R.nodes.length };
  for (const node of R.nodes) counts[node.status] = (counts[node.status] || 0) + 1;
  const chips = ['all', 'ok', 'failed', 'skip', 'running', 'unfinished'].filter((status) => counts[status]);
  return [
    h('div', { class: 'tools' },
      h('div', { class: 'chips', role: 'group', 'aria-label': 'Filter by status' }, chips.map((status) => h('button', { type: 'button', class: 'chip', 'aria-pressed': String(status === 'all'), 'data-status': status, onclick: (event) => {
        view.status = status;
        for (const chip of event.currentTarget.parentElement.children) chip.setAttribute('aria-pressed', String(chip === event.currentTarget));
        fillTable();
      } }, status !== 'all' && mark(status), status === 'skip' ? 'skipped' : status, h('small', {}, counts[status])))),
      h('input', { type: 'search', id: 'search', placeholder: 'Search label, key, prompt, error  ( / )', 'aria-label': 'Search nodes', oninput: (event) => {
        view.search = event.currentTarget.value.trim().toLowerCase();
        fillTable();
      } }),
      h('span', { class: 'soft', id: 'shown', role: 'status' })),
    h('div', { class: 'scroll' }, h('table', { class: 'nodes', id: 'nodes' },
      h('thead', {}, h('tr', {}, COLUMNS.map((column, at) => h('th', { scope: 'col', class: column.num ? 'num' : '', 'aria-sort': at === 0 ? 'ascending' : null }, h('button', { type: 'button', onclick: () => sortBy(at) }, column.name))))),
      h('tbody', {}))),
  ];
}

function sortBy(at) {
  view.down = view.sort === at && !view.down;
  view.sort = at;
  document.querySelectorAll('#nodes thead th').forEach((cell, i) => (i === at ? cell.setAttribute('aria-sort', view.down ? 'descending' : 'ascending') : cell.removeAttribute('aria-sort')));
  fillTable();
}

function matches(node, n) {
  if (view.status !== 'all' && node.status !== view.status) return false;
  if (view.search === '') return true;
  haystacks = haystacks || R.nodes.map((one) => [one.label, one.key, one.phase, one.model, one.runtime, one.agentType, one.error && one.error.category + ' ' + one.error.message, one.prompt].join('\n').toLowerCase());
  return view.search.split(/\s+/).every((word) => haystacks[n].includes(word));
}

function fillTable() {
  const { of } = COLUMNS[view.sort];
  const order = R.nodes.map((_, n) => n).filter((n) => matches(R.nodes[n], n));
  order.sort((a, b) => {
    const [x, y] = [of(R.nodes[a]), of(R.nodes[b])];
    return (x < y ? -1 : x > y ? 1 : a - b) * (view.down ? -1 : 1);
  });
  view.order = order;
  document.getElementById('shown').textContent = order.length === R.nodes.length ? '' : order.length + ' of ' + R.nodes.length;
  const body = document.querySelector('#nodes tbody');
  body.replaceChildren();
  const mine = ++making;
  const more = (from) => {
    if (mine !== making) return;
    const to = from + (from === 0 ? 200 : 1000);
    body.append(...order.slice(from, to).map(tableRow));
    if (to < order.length) requestAnimationFrame(() => more(to));
  };
  more(0);
}

function tableRow(n) {
  const node = R.nodes[n];
  const number = node.index > 1e9 ? '' : node.index;
  return h('tr', { 'data-n': n, class: n === selected ? 'selected' : '', onclick: () => select(n) },
    h('td', { class: 'num soft' }, number),
    h('td', { class: 'name' }, h('button', { type: 'button' }, node.label), node.agentType && h('small', {}, node.agentType)),
    h('td', {}, node.phase),
    h('td', { class: 'state' }, mark(node.status), node.error ? node.error.category : node.status === 'skip' ? 'skipped' : node.status),
    h('td', {}, modelOf(node)),
    h('td', { class: 'num' + (node.attempts.length > 1 ? '' : ' soft') }, node.attempts.length || '–'),
    h('td', { class: 'num' }, duration(lasted(node))),
    h('td', { class: 'num' }, count(node.tokens)));
}
`;
