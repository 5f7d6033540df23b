import { cutCodePoints } from '../text.ts';
import type { GraphBlock, GraphGroup } from './graph.ts';
import type { ReportNode } from './nodes.ts';

/** Above this many nodes, groups with more than FOLD_LANES lanes become one box each. */
const FOLD_ABOVE = 300;
const FOLD_LANES = 12;

/** The run as mermaid text, `flowchart TB`, for copying (RPT-01). Ids are generated; labels cannot leave their quotes (RPT-04, RPT-06). */
export function mermaidText(nodes: ReportNode[], graph: GraphBlock[]): string {
  const lines = ['flowchart TB', '  start(["start"])'];
  let ids = 0;
  const fold = nodes.length > FOLD_ABOVE;

  const edge = (from: string[], to: string) => lines.push(...from.map((one) => `  ${one} --> ${to}`));
  const drawRun = (blocks: GraphBlock[], from: string[]): string[] => blocks.reduce((before, block) => draw(block, before), from);
  const draw = (block: GraphBlock, from: string[]): string[] => {
    if (typeof block === 'number') {
      const node = nodes[block]!;
      const id = `n${++ids}`;
      lines.push(`  ${id}["${quote(nodeLabel(node))}"]:::${node.status}`);
      edge(from, id);
      return [id];
    }
    const title = `${block.kind} ${block.label}`;
    const id = `g${++ids}`;
    if (block.lanes.length === 0 || (fold && block.lanes.length > FOLD_LANES)) {
      lines.push(`  ${id}[["${quote(`${title}: ${countNodes(block)} nodes`)}"]]`);
      edge(from, id);
      return [id];
    }
    lines.push(`  ${id}{{"${quote(title)}"}}`);
    edge(from, id);
    const ends = block.lanes.flatMap((lane) => drawRun(lane, [id]));
    const join = `j${ids + 1}`;
    ids++;
    lines.push(`  ${join}(("join"))`);
    edge(ends, join);
    return [join];
  };

  const last = drawRun(graph, ['start']);
  lines.push('  finish(["end"])');
  edge(last, 'finish');
  lines.push(
    '  classDef ok stroke:#2da44e',
    '  classDef failed stroke:#cf222e',
    '  classDef skip stroke-dasharray:4',
    '  classDef running stroke:#0969da',
    '  classDef unfinished stroke:#9a6700',
  );
  return `${lines.join('\n')}\n`;
}

function nodeLabel(node: ReportNode): string {
  const model = node.model === '' ? node.runtime : node.model;
  return `${cutCodePoints(node.label, 60, '…')}${model === '' ? '' : ` · ${cutCodePoints(model, 40, '…')}`}`;
}

function countNodes(group: GraphGroup): number {
  return group.lanes.flat().reduce<number>((sum, block) => sum + (typeof block === 'number' ? 1 : countNodes(block)), 0);
}

// Everything that mermaid, its markdown strings or HTML could read becomes an entity, in mermaid's spelling.
function quote(label: string): string {
  return label.replace(/[\s\u0000-\u001f]+/g, ' ').replace(/[#&<>"'`\\;{}|[\]()%]/g, (char) => `#${char.charCodeAt(0)};`);
}
