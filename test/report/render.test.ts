import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/render.ts';
import { pageScript } from '../../src/report/page/index.ts';
import { makeInput, project } from '../support/journal.ts';
import { RunStory } from '../support/run-story.ts';
import { smallRun } from '../support/sample-runs.ts';

describe('renderReport', () => {
  const html = renderReport(smallRun());

  it.each(['flowchart TB', 'config (from code)', '"runtime":"codex"', '"model":"gpt-5-codex"', '"prompt":"alpha task"'])('RPT-03 contains %s', (literal) => {
    expect(html).toContain(literal);
  });

  it('RPT-07 refers to nothing outside of itself', () => {
    expect(html).not.toMatch(/<(link|script|img|iframe)[^>]+(src|href)="(?!data:)/);
    expect(html).not.toMatch(/@import|url\(/);
    expect(html).toContain("default-src 'none'");
  });

  it('RPT-06 data cannot end its element, whatever it says', () => {
    const input = makeInput('/project/.odw/runs/evil', { startedMs: 1000 });
    const evil = '</script><script>alert(1)</script><!-- $& $1 \u2028 \ud800';
    const story = new RunStory(input).node({ label: evil, phase: evil, prompt: evil, startMs: 1000, tookMs: 5 });
    const page = renderReport(project(input, story.events().records, { status: 'completed', code: 0 }));
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(page)![1]!);
    expect(data.nodes[0].prompt).toBe(evil.replace('\ud800', '\ufffd'));
    expect(page).not.toContain('\u2028');
  });

  it('RPT-06 a workflow name is only text in the title', () => {
    const input = makeInput('/project/.odw/runs/evil');
    input.script.meta.name = '</title><script>alert(1)</script>';
    const page = renderReport(project(input, new RunStory(input).events().records));
    expect(page).toContain('<title>&#60;/title&#62;');
  });

  it('draws a run without any node', () => {
    const input = makeInput('/project/.odw/runs/empty');
    expect(renderReport(project(input, [], { status: 'failed', code: 1 }))).toContain('"nodes":[]');
  });

  it('the page script is one valid program without markup for a script end', () => {
    expect(() => new Function(pageScript)).not.toThrow();
    expect(pageScript).not.toMatch(/<\/script|<!--/);
  });
});
