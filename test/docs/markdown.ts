import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface Page {
  /** Path from the top of the repository, `/`-separated. */
  name: string;
  text: string;
}

/** The pages that users read: README, the pages for contributors and all of docs/. */
export function readPages(): Page[] {
  const docs = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'));
  const names = ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'docs/internals/design.md', ...docs.map((name) => `docs/${name}`)];
  return names.map((name) => ({ name, text: readFileSync(join(repository, name), 'utf8') }));
}

/** Targets of all links and images outside of code. */
export function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1]!);
}

/** The anchors of a page's headings, made as the usual renderers make them. */
export function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const seen = new Map<string, number>();
  const anchors = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

export interface Fence {
  language: string;
  code: string;
}

export function fencesOf(text: string): Fence[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map((match) => ({ language: match[1]!, code: match[2]! }));
}

/** Inline code, without its backticks. */
export function codeSpansOf(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
}
