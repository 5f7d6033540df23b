/** What the run said on its way, and the mermaid text for copying. */
export const logScript = String.raw`
const LOG_MARKS = { log: '·', checkpoint: '⚑', phase: '§', error: '✗', stderr: '!', event: '·' };

function log() {
  if (R.log.length === 0) return h('p', { class: 'empty' }, 'Nothing was logged.');
  return h('ol', { class: 'log' }, R.log.map((line) => h('li', { class: line.kind },
    h('time', {}, '+' + duration(line.ms - t0)), h('span', { class: 'log-kind', title: line.kind }, LOG_MARKS[line.kind]), h('span', { class: 'log-text' }, line.text))));
}

function mermaid() {
  return [
    h('div', { class: 'tools' }, h('span', { class: 'soft' }, 'The same graph as mermaid text, for documents and pull requests.'), h('span', { class: 'grow' }), copyButton(() => R.mermaid, 'Copy mermaid')),
    h('pre', { class: 'text tall', tabindex: '0' }, R.mermaid),
  ];
}
`;
