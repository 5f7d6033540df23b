import { censusWords } from '../../journal/census.ts';

/** Cards with totals: outcomes, tokens per model, phases. */
export const totalsScript = String.raw`
function totals() {
  return h('section', { class: 'cards', 'aria-label': 'Totals' }, nodesCard(), tokensCard(), phasesCard());
}

const CENSUS = { ok: 'ok', cached: 'skip', failed: 'failed', schemaInvalid: 'failed', refused: 'failed', empty: 'failed', quota: 'failed', timeout: 'failed', stopped: 'unfinished', skipped: 'unfinished' };
const CENSUS_WORDS = ${JSON.stringify(censusWords)};

function nodesCard() {
  const parts = Object.entries(R.census).filter(([, n]) => n > 0).map(([kind, n]) => ({ name: CENSUS_WORDS[kind] || kind, status: CENSUS[kind], n }));
  const running = R.nodes.filter((node) => node.status === 'running').length;
  if (running > 0) parts.push({ name: 'running', status: 'running', n: running });
  const unfinished = R.nodes.filter((node) => node.status === 'unfinished').length;
  // Those of a run that has closed are in the census already.
  if (unfinished > 0 && R.outcome.kind === 'open') parts.push({ name: 'unfinished', status: 'unfinished', n: unfinished });
  return h('div', { class: 'card' },
    h('h2', {}, 'Nodes'),
    h('p', { class: 'big', id: 'node-total' }, R.nodes.length.toLocaleString()),
    h('div', { class: 'stack', role: 'img', 'aria-label': parts.map((part) => part.n + ' ' + part.name).join(', ') },
      parts.map((part) => h('span', { class: 'fill ' + part.status, style: { 'flex-grow': String(part.n) }, title: part.n + ' ' + part.name }))),
    h('ul', { class: 'legend' }, parts.map((part) => h('li', {}, mark(part.status), h('b', {}, part.n.toLocaleString()), ' ' + part.name))));
}

function tokensCard() {
  const { tokens } = R;
  const most = Math.max(1, ...tokens.byModel.map((one) => one.tokens));
  return h('div', { class: 'card' },
    h('h2', {}, 'Tokens'),
    h('p', { class: 'big' }, tokens.approx && h('span', { class: 'soft', title: 'A lower bound: some attempts did not tell their tokens' }, '(≥) '), count(tokens.total),
      tokens.budget !== null && h('span', { class: 'soft' }, ' of ' + count(tokens.budget))),
    h('table', { class: 'mini' }, h('tbody', {}, tokens.byModel.map((one) => h('tr', {},
      h('th', { scope: 'row', title: one.model }, one.model),
      h('td', { class: 'barcell' }, h('span', { class: 'meter', style: { width: (one.tokens / most) * 100 + '%' } })),
      h('td', { class: 'num', title: one.tokens.toLocaleString() }, count(one.tokens)),
      h('td', { class: 'num soft' }, one.nodes ? plural(one.nodes, 'node') : ''))))));
}

function phasesCard() {
  return h('div', { class: 'card wide' },
    h('h2', {}, 'Phases'),
    h('table', { class: 'mini' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'phase'), h('th', { scope: 'col' }, 'nodes'), h('th', { scope: 'col', class: 'num' }, 'failed'), h('th', { scope: 'col', class: 'num' }, 'tokens'), h('th', { scope: 'col', class: 'num' }, 'took'))),
      h('tbody', {}, phases().map((phase) => {
        const failed = phase.nodes.filter(({ node }) => node.status === 'failed').length;
        const done = phase.nodes.filter(({ node }) => node.status === 'ok' || node.status === 'skip').length;
        return h('tr', {},
          h('th', { scope: 'row', title: phase.name }, phase.name || '(no phase)'),
          h('td', {}, done + '/' + phase.nodes.length),
          h('td', { class: 'num' + (failed ? ' bad-text' : ' soft') }, failed || '–'),
          h('td', { class: 'num' }, count(phase.nodes.reduce((sum, { node }) => sum + (node.tokens || 0), 0))),
          h('td', { class: 'num' }, duration(phase.endMs - phase.startMs)));
      }))));
}

// Phases in the order in which their first node started.
function phases() {
  const found = new Map();
  R.nodes.forEach((node, n) => {
    if (!found.has(node.phase)) found.set(node.phase, { name: node.phase, nodes: [], startMs: Infinity, endMs: 0 });
    const phase = found.get(node.phase);
    phase.nodes.push({ node, n });
    phase.startMs = Math.min(phase.startMs, node.startMs);
    phase.endMs = Math.max(phase.endMs, node.endMs === null ? R.run.endMs : node.endMs);
  });
  return [...found.values()].sort((a, b) => a.startMs - b.startMs);
}
`;
