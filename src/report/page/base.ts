/** Data, element maker and number formats that the other parts use. */
export const baseScript = String.raw`
const R = JSON.parse(document.getElementById('data').textContent);
const MARKS = { ok: '✓', failed: '✗', running: '●', skip: '↺', unfinished: '◌' };
const WORDS = { ok: 'ok', failed: 'failed', running: 'running', skip: 'skipped (cached)', unfinished: 'unfinished' };
const t0 = R.run.beganMs;

// Text only ever becomes text nodes: nothing the run said is read as markup.
function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'style') for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(9)) if (child !== undefined && child !== null && child !== false) element.append(child);
  return element;
}

function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1000) return Math.round(ms) + ' ms';
  const s = ms / 1000;
  if (s < 60) return (s < 10 ? s.toFixed(1) : Math.round(s)) + ' s';
  const pad = (n) => String(Math.floor(n)).padStart(2, '0');
  if (s < 3600) return Math.floor(s / 60) + 'm ' + pad(s % 60) + 's';
  return Math.floor(s / 3600) + 'h ' + pad((s % 3600) / 60) + 'm';
}

function count(n) {
  if (n === null || n === undefined) return '–';
  if (n < 1000) return String(n);
  if (n < 1e6) return (n / 1e3).toFixed(n < 1e4 ? 1 : 0) + 'k';
  return (n / 1e6).toFixed(2) + 'M';
}

function lasted(node) {
  if (node.status === 'skip') return null;
  return (node.endMs === null ? R.run.endMs : node.endMs) - node.startMs;
}

function plural(n, word) {
  return n.toLocaleString() + ' ' + word + (n === 1 ? '' : 's');
}

function modelOf(node) {
  return node.model && node.model !== 'inherit' ? node.model : node.runtime || node.model || '';
}

function mark(status) {
  return h('span', { class: 'mark ' + status, 'aria-hidden': 'true' }, MARKS[status]);
}

function sayOf(node) {
  return [node.label, WORDS[node.status] + (node.error ? ': ' + node.error.category : ''), modelOf(node), duration(lasted(node)), node.tokens === null ? '' : count(node.tokens) + ' tokens']
    .filter((part) => part !== '' && part !== '–')
    .join(' · ');
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    const area = h('textarea', { class: 'offscreen' });
    area.value = text;
    document.body.append(area);
    area.select();
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C';
    area.remove();
  }
  setTimeout(() => (button.textContent = before), 1500);
}

function copyButton(text, label) {
  return h('button', { class: 'small', type: 'button', onclick: (event) => copy(text(), event.currentTarget) }, label || 'Copy');
}

// A text that may have been cut, as the report's maker marks it.
function longText(value, className) {
  const box = h('pre', { class: 'text ' + (className || ''), tabindex: '0' }, value.text === '' ? h('em', {}, '(empty)') : value.text);
  return value.cutFrom ? [box, h('p', { class: 'hint' }, 'Cut: ' + value.text.length.toLocaleString() + ' of ' + value.cutFrom.toLocaleString() + ' characters. The rest is in state.json and events.jsonl of the run folder.')] : box;
}
`;
