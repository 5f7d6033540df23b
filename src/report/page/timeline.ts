/** One bar per node over time, grouped by phase. Small phases have a labelled row per node, large ones are packed into lanes. */
export const timelineScript = String.raw`
const ROWS_UP_TO = 16;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800].map((s) => s * 1000);

function timeline() {
  const from = t0;
  const span = Math.max(1, R.run.endMs - from);
  const left = (ms) => ((ms - from) / span) * 100;
  const step = STEPS.find((one) => span / one <= 8) || span / 8;
  const ticks = [];
  for (let ms = 0; ms <= span; ms += step) ticks.push(h('span', { class: 'tick', style: { left: (ms / span) * 100 + '%' } }, h('span', {}, ms === 0 ? '0' : tickLabel(ms))));
  return h('section', { class: 'box timeline', 'aria-label': 'Timeline' },
    h('h2', {}, 'Timeline'),
    h('div', { class: 'lanes-frame' },
      h('div', { class: 'axis', 'aria-hidden': 'true' }, ticks),
      phases().map((phase) => phaseRow(phase, left))));
}

// Ticks are round numbers: no decimals and no zero parts.
function tickLabel(ms) {
  const s = ms / 1000;
  if (s < 60) return +s.toFixed(1) + ' s';
  const parts = [[Math.floor(s / 3600), 'h'], [Math.floor((s % 3600) / 60), 'm'], [Math.round(s % 60), 's']].filter(([n]) => n > 0);
  return parts.map(([n, unit]) => n + unit).join(' ');
}

function phaseRow(phase, left) {
  const nodes = [...phase.nodes].sort((a, b) => a.node.startMs - b.node.startMs || a.n - b.n);
  const labelled = nodes.length <= ROWS_UP_TO;
  const lanes = labelled ? nodes.map((one) => [one]) : pack(nodes);
  return h('div', { class: 'phase' + (labelled ? '' : ' packed') },
    h('div', { class: 'phase-name', title: phase.name }, phase.name || '(no phase)', h('small', {}, plural(nodes.length, 'node'))),
    h('div', { class: 'lanes' }, lanes.map((lane) => h('div', { class: 'lane' }, lane.map((one) => bar(one, left, labelled))))));
}

// Each node goes into the first lane that is free at its start.
function pack(nodes) {
  const lanes = [];
  const free = [];
  for (const one of nodes) {
    const end = Math.max(one.node.endMs === null ? R.run.endMs : one.node.endMs, one.node.startMs + 1);
    let at = free.findIndex((ms) => ms <= one.node.startMs);
    if (at < 0) at = lanes.push([]) - 1;
    lanes[at].push(one);
    free[at] = end;
  }
  return lanes;
}

function bar({ node, n }, left, labelled) {
  const start = left(node.startMs);
  const width = left(node.endMs === null ? R.run.endMs : node.endMs) - start;
  const attempts = node.attempts.length > 1 ? node.attempts : [];
  const element = h('button', { class: 'bar ' + node.status, type: 'button', tabindex: '-1', 'data-n': n, title: sayOf(node), 'aria-label': sayOf(node), style: { left: 'min(' + start + '%, 100% - 4px)', width: 'max(' + width + '%, 4px)' }, onclick: () => select(n) },
    attempts.slice(0, -1).map((attempt) => h('i', { class: 'tried', style: { left: ((attempt.startMs - node.startMs) / Math.max(1, lasted(node))) * 100 + '%', width: ((attempt.endMs - attempt.startMs) / Math.max(1, lasted(node))) * 100 + '%' } })),
    labelled ? false : width > 6 && h('span', {}, node.label));
  if (!labelled) return element;
  const text = node.label + (node.error ? '  ' + node.error.category : '');
  const inside = width > 22;
  if (inside) element.append(h('span', {}, text));
  const beside = inside ? null : start + width < 72 ? { left: 'calc(' + (start + width) + '% + 8px)' } : { right: 'calc(' + (100 - start) + '% + 6px)' };
  return [element, beside && h('span', { class: 'beside', style: beside }, text)];
}
`;
