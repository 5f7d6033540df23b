/** Title, honest status, facts, and what the run returned or failed of. */
export const headerScript = String.raw`
function header() {
  const { run, outcome } = R;
  const facts = [
    ['run', run.id],
    ['backend', run.backend || '–'],
    ['started', new Date(run.startedMs).toLocaleString()],
    [run.ended ? 'took' : 'so far', duration(run.endMs - run.startedMs)],
    ['script', run.script || '–'],
    run.resumedFrom && ['resumed from', run.resumedFrom],
    run.concurrency && ['at once', plural(run.concurrency, 'agent')],
    run.beganMs - run.startedMs > 2000 && ['waited for the engine', duration(run.beganMs - run.startedMs)],
  ].filter(Boolean);
  return h('header', { class: 'top' },
    h('div', { class: 'title' },
      h('span', { class: 'pill ' + outcome.kind, id: 'status' }, h('i', { 'aria-hidden': 'true' }), outcome.status),
      h('h1', {}, run.name),
      outcome.note && h('span', { class: 'note' }, outcome.note),
      run.preview && h('span', { class: 'tag' }, 'preview (mock run)'),
      h('span', { class: 'grow' }),
      run.ui && h('a', { class: 'small', href: run.ui, rel: 'noreferrer' }, 'Temporal UI'),
      h('button', { class: 'small', type: 'button', id: 'theme', title: 'Dark or light', onclick: switchTheme }, '◐ Theme')),
    h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { title: value }, value)))));
}

function outcomeBox() {
  const { outcome } = R;
  return [
    outcome.error && h('section', { class: 'box bad', 'aria-label': 'Error' }, h('h2', {}, 'Error'), longText(outcome.error)),
    outcome.result && h('section', { class: 'box' + (outcome.kind === 'failed' ? ' bad' : '') },
      h('details', { open: outcome.kind === 'failed' || outcome.result.text.length < 1200 }, h('summary', {}, h('h2', {}, 'Result')), longText(outcome.result))),
  ];
}

function switchTheme() {
  const root = document.documentElement;
  const now = root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  root.dataset.theme = now === 'dark' ? 'light' : 'dark';
}
`;
