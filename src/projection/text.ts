import type { Projection, Range } from './project.ts';

/** A projection for people: nodes, tokens and money as ranges, and on what they rest. */
export function projectionText({ basis, nodes, tokens, cost, unpriced }: Projection): string {
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  const rests =
    basis.from === 'defaults'
      ? 'defaults: no run of this script on a real backend is recorded; 5,500 to 510,000 tokens a node'
      : `${count(basis.runs, 'recorded run')} of ${basis.from === 'script' ? 'this script' : 'an earlier text of this script'}, ${count(basis.nodes, 'node')}; the newest is ${basis.newest}`;
  const more = unpriced === 0 ? '' : `, and ${count(unpriced, 'node')} of unknown price`;
  const money = cost === null ? `unknown: no price of ${unpriced === 1 ? 'the node' : 'the nodes'} is known` : `~${span(cost, dollars)}${more}`;
  const lines = [
    `  a real run, by ${rests}:`,
    `    nodes   ${span(nodes, amount)}`,
    `    tokens  ${tokens === null ? 'unknown: the recorded runs told none' : span(tokens, amount)}`,
    `    cost    ${money}`,
  ];
  return `${lines.join('\n')}\n`;
}

function span({ low, likely, high }: Range, show: (value: number) => string): string {
  return show(low) === show(high) ? show(likely) : `${show(low)} to ${show(high)}, likely ${show(likely)}`;
}

function dollars(usd: number): string {
  return `$${usd !== 0 && usd < 0.01 ? String(Number(usd.toPrecision(2))) : usd.toFixed(2)}`;
}

function amount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}
