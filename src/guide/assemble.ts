/** Text of a file of the package, by its path there: `docs/scripts.md`. */
export type ReadPage = (path: string) => string;

/** Everything needed to write and run workflows, as one markdown text (INFO-03): made from the pages of docs/, so that both say the same. */
export function guideText(read: ReadPage): string {
  const example = (name: string) => `\n\`\`\`js\n${read(`examples/${name}`).trimEnd()}\n\`\`\`\n`;
  return joined([
    asSection(read('docs/guide.md'), 1),
    `## Patterns\n\nFind, then check, without waiting for the slowest:\n${example('audit.js')}\nReview from several sides, refute, sum up:\n${example('review.js')}`,
    ...['scripts', 'schemas', 'worktrees', 'cli'].map((name) => asSection(read(`docs/${name}.md`), 2)),
    `## Sandbox\n\n${sectionOf(read('docs/sandbox.md'), 'What it has not')}`,
  ]);
}

/** The contract of a workflow script alone (INFO-03): what it may use, what it gets, how it must behave. */
export function contractText(read: ReadPage): string {
  const intro = '# Authoring contract of ODW workflow scripts';
  return joined([intro, ...['scripts', 'schemas', 'sandbox'].map((name) => asSection(read(`docs/${name}.md`), 2))]);
}

/** The guide as a skill for agents: the same text under the header that names it. */
export function skillText(read: ReadPage): string {
  const description =
    'Write and run ODW workflows: JavaScript files whose steps are coding agents, run durably with the odw command. Use it when work should be split over several agents, ' +
    'checked by others, repeated over many items, or must survive a restart.';
  return `---\nname: odw\ndescription: ${description}\n---\n\n${guideText(read)}`;
}

// Headings move below those of the text around; links lead nowhere in a single text, so only their words stay.
function asSection(page: string, level: number): string {
  let fenced = false;
  const lines = page
    .trim()
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) fenced = !fenced;
      if (fenced || line.startsWith('```')) return line;
      const heading = /^#+(?= )/.exec(line);
      return withoutLinks(heading ? '#'.repeat(heading[0].length + level - 1) + line.slice(heading[0].length) : line);
    });
  return lines.join('\n');
}

function withoutLinks(line: string): string {
  return line.replace(/!?\[([^\]]*)\]\([^()\s]*\)/g, '$1');
}

/** The body of one `##` section of a page. */
function sectionOf(page: string, title: string): string {
  const body = page.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (body === undefined) throw new Error(`the page has no section "${title}"`);
  return body.slice(title.length).trim().split('\n').map(withoutLinks).join('\n');
}

function joined(parts: readonly string[]): string {
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}
