import { moneyText } from '../../src/limits/usage.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { RunStatus, StatusNode } from './status.ts';

const nodesShown = 30;
const marks: Record<StatusNode['state'], string> = { done: '✓', cached: '↺', failed: '✗', running: '●', retrying: '●', waiting: '◌', unfinished: '■' };

/** `odw status` for people (VIEW-15): the same facts as its JSON, one line a phase; nodes that run, wait or failed. */
export function statusText(status: RunStatus, nowMs: number): string {
  const { census, nodes, usage, phases, parked, next, note } = status;
  const running = nodes.filter(({ state }) => state === 'running' || state === 'retrying').length;
  const waiting = nodes.filter(({ state }) => state === 'waiting').length;
  const unfinished = nodes.filter(({ state }) => state === 'unfinished').length;
  const ended = Object.values(census).reduce((sum, count) => sum + count, 0) - unfinished;
  const facts = [
    `agents ${ended}/${nodes.length}`,
    `run ${running}`,
    ...(waiting > 0 ? [`wait ${waiting}`] : []),
    `fail ${ended - census.ok - census.cached}`,
    ...(unfinished > 0 ? [`unfinished ${unfinished}`] : []),
    tokensText(status),
    ...(usage ? [moneyText(usage)] : []),
    ...(status.priority === undefined ? [] : [`priority ${status.priority}`]),
  ];
  const lines = [`${status.name}  ${status.run}  ${status.state}  ${elapsed((status.finished_ms ?? nowMs) - status.started_ms)}   ${facts.join('  ')}`];
  lines.push(`verdict ${status.verdict}`);
  for (const { reason, scope, until, message } of parked ?? []) {
    lines.push(`parked ${scope}: ${reason}${until === undefined ? '' : ` until ${until}`}${message === undefined ? '' : `: ${message}`}`);
  }
  if (next !== undefined) lines.push(`go on with: ${next}`);
  if (note !== undefined) lines.push(`note: ${note}`);
  if (phases.length > 0) lines.push('', 'PHASES');
  for (const phase of phases) {
    const failed = phase.failed > 0 ? `  fail ${phase.failed}` : '';
    lines.push(`  ${phase.title === '' ? '–' : oneLine(phase.title)}  ${phase.done + phase.failed}/${phase.nodes}  ${phase.tokens} tok${failed}`);
  }
  const shown = nodes.filter(({ state }) => state !== 'done' && state !== 'cached');
  if (shown.length > 0) lines.push('', 'NODES');
  for (const node of shown.slice(0, nodesShown)) lines.push(nodeLine(node));
  if (shown.length > nodesShown) lines.push(`  and ${shown.length - nodesShown} more`);
  return lines.join('\n');
}

function nodeLine({ state, label, phase, key, attempt, reason }: StatusNode): string {
  return `  ${marks[state]} ${oneLine(label)}  ${state}${reason === undefined ? '' : ` (${oneLine(reason)})`}  ${oneLine(phase)}  attempt ${attempt}  key=${oneLine(key)}`;
}

function tokensText({ budget, usage }: RunStatus): string {
  const spent = usage?.tokens ?? budget.spent;
  return `${budget.approx || (usage && usage.unmetered > 0) ? 'at least ' : ''}${spent} tok${budget.total === null ? '' : ` of ${budget.total}`}`;
}

function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${String(minutes).padStart(2, '0')}m` : ''}${String(seconds % 60).padStart(2, '0')}s`;
}

// Control characters of a label never reach the terminal.
function oneLine(text: string): string {
  return cutCodePoints(text.replace(/[\p{Cc}\p{Cf}]+/gu, ' '), 120);
}
