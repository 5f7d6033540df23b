import type { LedgerRow } from '../../src/ledger/rows.ts';
import type { LedgerSum } from '../../src/ledger/sums.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { RunCost } from './cost.ts';

type Line = readonly string[];

/** `odw runs cost` for people: a line a dispatch or group, the total, and on what the money rests. */
export function costText(cost: RunCost): string {
  const { groups, by, rows, carried, total } = cost;
  const head = by
    ? [by, 'attempts', 'tokens', 'input', 'cached', 'output', 'cost (USD)']
    : ['node', 'model', 'provider', 'tokens', 'input', 'cached', 'output', 'cost (USD)'];
  const lines: Line[] = groups
    ? groups.map((group) => [oneLine(group.name) || '–', String(group.attempts), ...sumCells(group)])
    : rows.map((row) => [nodeOf(row), oneLine(row.model ?? '–'), row.provider || '–', ...rowCells(row)]);
  if (carried) lines.push([...name('earlier runs', by), ...sumCells({ ...carried, attempts: 0, usage: noKinds })]);
  const count = `${rows.length} attempt${rows.length === 1 ? '' : 's'}`;
  // Earlier runs tell their tokens in one sum, so there is none by kind.
  const all = carried ? { ...total, usage: noKinds } : total;
  const sum: Line = [...(by ? ['total', String(rows.length)] : [`total, ${count}`, '', '']), ...sumCells(all)];
  return [`${oneLine(cost.name)}  ${cost.run}  ${cost.state}`, '', ...table([head, ...lines, sum], by ? 1 : 3), '', ...notes(cost)].join('\n');
}

const noKinds = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 };

function name(text: string, by: string | undefined): string[] {
  return by ? [text, ''] : [text, '', ''];
}

function nodeOf({ phase, label, attempt, outcome }: LedgerRow): string {
  const place = [phase, label].filter(Boolean).map(oneLine).join(' / ');
  return `${place}${attempt > 1 ? ` #${attempt}` : ''}${outcome === 'ok' ? '' : `  ${outcome}`}`;
}

function rowCells({ tokens, usage, outputTokens, cost }: LedgerRow): string[] {
  const cells = [usage?.input ?? null, usage ? usage.cachedInput : null, usage?.output ?? outputTokens];
  return [tokens, ...cells].map((value) => (value === null ? '?' : amount(value))).concat(cost ? mark(cost.basis) + money(cost.usd) : '?');
}

function sumCells({ tokens, unmetered, usage, money: spent }: LedgerSum): string[] {
  const more = unmetered > 0 ? '+?' : '';
  const kinds = usage.input + usage.output === 0 ? ['', '', ''] : [usage.input, usage.cachedInput, usage.output].map((value) => amount(value));
  return [tokens === 0 && unmetered > 0 ? '?' : `${amount(tokens)}${more}`, ...kinds, sumMoney(spent)];
}

function sumMoney({ measured, estimated, unpriced }: LedgerSum['money']): string {
  const known = measured + estimated;
  if (known === 0 && unpriced > 0) return '?';
  return `${mark(estimated > 0 ? 'estimated' : 'measured')}${money(known)}${unpriced > 0 ? '+?' : ''}`;
}

function notes({ rows, sources, total, open, reused, carried, backend }: RunCost): string[] {
  if (backend === 'mock' && total.money.measured + total.money.estimated + total.money.unpriced === 0)
    return ['mock backend: agents were played, nothing was paid'];
  const { measured, unpriced } = total.money;
  const before = carried?.money.estimated ?? 0;
  const unknown = rows.filter(({ cost }) => cost === null);
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const lines = [
    ...(measured > 0 || (unpriced === 0 && total.money.estimated === 0) ? [`= measured: ${money(measured)}, the executor's own figure`] : []),
    ...sources.map(({ source, asOf, usd }) => `~ estimated: ${money(usd)}, tokens by ${source}${asOf === null ? '' : ` of ${asOf}`}`),
    ...(before > 0 ? [`~ estimated: ${money(before)}, in earlier runs`] : []),
  ];
  if (unpriced > 0) {
    const models = [...new Set(unknown.map(({ model, provider }) => (model === null ? provider : `${provider}:${model}`)))].filter(Boolean).map(oneLine);
    const tokens = unknown.reduce((sum, row) => sum + (row.tokens ?? 0), 0);
    const told = unknown.filter((row) => row.tokens !== null).length;
    const some = told === unknown.length ? '' : `, as far as they told (${told} of ${unknown.length})`;
    const counted = unknown.length === 0 ? '' : told === 0 ? ' that told no tokens' : ` with ${amount(tokens)} tokens${some}`;
    lines.push(`? unknown: the price of ${plural(unpriced, 'attempt')}${counted}; it is not in the sum`);
    if (models.length > 0) lines.push(`  for the next attempts: prices in .odw/rates.json for ${models.join(', ')}`);
  }
  if (carried) lines.push('earlier runs: what the runs used that this one resumed');
  if (open > 0) lines.push(`${plural(open, 'dispatch').replace('dispatchs', 'dispatches')} under way: not counted yet`);
  if (reused > 0) lines.push(`${plural(reused, 'node')} reused from earlier runs: no cost`);
  return lines;
}

function mark(basis: 'measured' | 'estimated'): string {
  return basis === 'estimated' ? '~' : '=';
}

// Four digits, so that a column adds up; more only for what they would hide.
function money(usd: number): string {
  return `$${usd !== 0 && usd < 0.0001 ? String(Number(usd.toPrecision(2))) : usd.toFixed(4)}`;
}

function amount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

// The first columns are text, the others numbers.
function table(lines: readonly Line[], texts: number): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? '')].length)));
  const pad = (cell: string, column: number) => {
    const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
    return column < texts ? cell + space : space + cell;
  };
  return lines.map((line) => line.map(pad).join('  ').trimEnd());
}

// Control characters of a label never reach the terminal.
function oneLine(text: string): string {
  return cutCodePoints(text.replace(/[\p{Cc}\p{Cf}]+/gu, ' '), 60);
}
