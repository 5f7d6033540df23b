/** Puts the page together; tabs and keys. */
export const mainScript = String.raw`
const TABS = [
  { id: 'graph', name: 'Graph', make: graph },
  { id: 'table', name: 'Nodes', make: table, then: fillTable },
  { id: 'log', name: 'Log', make: log },
  { id: 'mermaid', name: 'Mermaid', make: mermaid },
];
const made = new Set();

function show(id, focus) {
  for (const tab of TABS) {
    const button = document.getElementById('tab-' + tab.id);
    const page = document.getElementById('page-' + tab.id);
    const on = tab.id === id;
    button.setAttribute('aria-selected', String(on));
    button.tabIndex = on ? 0 : -1;
    page.hidden = !on;
    if (on && focus) button.focus();
    if (!on || made.has(id)) continue;
    made.add(id);
    page.append(...[tab.make()].flat());
    if (tab.then) tab.then();
  }
}

function tabs() {
  const bar = h('div', { class: 'tabs', role: 'tablist' }, TABS.map((tab, at) => h('button', { type: 'button', role: 'tab', id: 'tab-' + tab.id, 'aria-controls': 'page-' + tab.id, onclick: () => show(tab.id), onkeydown: (event) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by) show(TABS[(at + by + TABS.length) % TABS.length].id, true);
  } }, tab.name)));
  return h('section', { class: 'box' }, bar, TABS.map((tab) => h('div', { role: 'tabpanel', id: 'page-' + tab.id, 'aria-labelledby': 'tab-' + tab.id, hidden: true })));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === 'Escape') {
    if (typing) event.target.blur();
    else if (selected >= 0) select(-1);
    return;
  }
  if (typing) return;
  const tab = TABS[Number(event.key) - 1];
  if (tab) show(tab.id, true);
  else if (event.key === '/') {
    show('table');
    document.getElementById('search').focus();
  } else if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else return;
  event.preventDefault();
}

document.getElementById('app').append(
  h('main', {}, header(), outcomeBox().filter(Boolean), totals(), R.nodes.length > 0 ? timeline() : '', tabs(),
    h('footer', {}, 'odw ' + R.run.version + ' · keys: 1–4 tabs, / search, j k next and previous node, Esc close')),
  h('aside', { id: 'panel', hidden: true, role: 'dialog', 'aria-labelledby': 'panel-title' }));
show(R.graph.reduce((sum, block) => sum + drawnIn(block), 0) > DRAW_UP_TO ? 'table' : 'graph');
document.addEventListener('keydown', onKey);
const asked = /^#node=(\d+)$/.exec(location.hash);
if (asked && R.nodes[asked[1]]) select(Number(asked[1]));
document.body.dataset.ready = 'true';
`;
