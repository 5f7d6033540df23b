/** The run as nested boxes, from its groups. Large groups fold to one small square per node. */
export const graphScript = String.raw`
const FOLD_ABOVE = 24;
const DRAW_UP_TO = 300;

function graph() {
  const drawn = R.graph.reduce((sum, block) => sum + drawnIn(block), 0);
  if (drawn > DRAW_UP_TO) return h('p', { class: 'empty', id: 'graph-left-out' }, plural(drawn, 'node') + ' stand outside of any group: too many for a graph. The table lists them all.');
  if (R.graph.length === 0) return h('p', { class: 'empty' }, 'No node was started.');
  return h('div', { class: 'graph' }, h('div', { class: 'end-mark' }, 'start'), R.graph.map((block) => [arrow(), blockOf(block)]), arrow(), h('div', { class: 'end-mark' }, 'end'));
}

function arrow() {
  return h('span', { class: 'arrow', 'aria-hidden': 'true' });
}

function drawnIn(block) {
  if (typeof block === 'number') return 1;
  return folds(block) ? 1 : block.lanes.flat().reduce((sum, one) => sum + drawnIn(one), 0);
}

function nodesIn(block) {
  return typeof block === 'number' ? [block] : block.lanes.flat().flatMap(nodesIn);
}

function folds(block) {
  return block.kind !== 'workflow' && (block.lanes.length > FOLD_ABOVE || nodesIn(block).length > 2 * FOLD_ABOVE);
}

function blockOf(block) {
  return typeof block === 'number' ? nodeBox(block) : groupBox(block);
}

function nodeBox(n) {
  const node = R.nodes[n];
  const facts = [node.status === 'skip' ? 'cached' : duration(lasted(node)), node.tokens === null ? '' : count(node.tokens) + ' tok', node.attempts.length > 1 ? node.attempts.length + ' tries' : '', modelOf(node)];
  return h('button', { class: 'node ' + node.status, type: 'button', 'data-n': n, title: sayOf(node), onclick: () => select(n) },
    h('span', { class: 'node-name' }, mark(node.status), h('b', {}, node.label)),
    h('small', {}, node.error ? node.error.category : facts.filter(Boolean).join(' · ')));
}

function groupBox(block) {
  const inside = nodesIn(block);
  const bad = inside.filter((n) => R.nodes[n].status === 'failed').length;
  const body = h('div', {});
  let open = !folds(block);
  const fill = () => body.replaceChildren(open ? lanesOf(block) : squares(block));
  const head = h('button', { class: 'group-head', type: 'button', 'aria-expanded': String(open), onclick: (event) => {
    open = !open;
    event.currentTarget.setAttribute('aria-expanded', String(open));
    fill();
  } },
    h('span', { class: 'twist', 'aria-hidden': 'true' }, '▸'),
    h('b', {}, block.kind === 'concurrent' ? 'at the same time' : block.kind + (block.label && block.label !== block.kind ? ' · ' + block.label : '')),
    h('span', { class: 'soft' }, (block.lanes.length === inside.length ? '' : plural(block.lanes.length, 'item') + ', ') + plural(inside.length, 'node')),
    bad > 0 && h('span', { class: 'bad-text' }, bad + ' failed'));
  fill();
  const errors = block.itemErrors.length > 0 && h('ul', { class: 'item-errors' }, block.itemErrors.slice(0, 20).map((error) => h('li', {}, 'item ' + error.item + ': ' + error.message)));
  return h('div', { class: 'group' + (block.ok === false ? ' bad' : '') }, head, body, errors);
}

function lanesOf(block) {
  const single = block.lanes.every((lane) => lane.length === 1 && typeof lane[0] === 'number');
  return h('div', { class: single ? 'fan' : 'rows' }, block.lanes.map((lane) => h('div', { class: 'row' }, lane.map((one, i) => [i > 0 && arrow(), blockOf(one)]))));
}

// The stages of an item stand under each other.
function squares(block) {
  return h('div', { class: 'squares' }, block.lanes.map((lane) => h('div', { class: 'lane-squares' }, lane.flatMap(nodesIn).map(square))));
}

function square(n) {
  const said = sayOf(R.nodes[n]);
  return h('button', { class: 'square ' + R.nodes[n].status, type: 'button', tabindex: '-1', 'data-n': n, title: said, 'aria-label': said, onclick: () => select(n) });
}
`;
