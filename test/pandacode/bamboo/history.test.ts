import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Compactor, compactionThreshold, split } from '../../../pandacode/runtimes/bamboo/history/compaction.ts';
import { Conversation } from '../../../pandacode/runtimes/bamboo/history/conversation.ts';
import { estimateText } from '../../../pandacode/runtimes/bamboo/history/estimate.ts';
import type { Message } from '../../../pandacode/runtimes/bamboo/model/chat-model.ts';
import { withoutThoughts } from '../../../pandacode/runtimes/bamboo/model/think-text.ts';
import { bambooRunId } from '../../../pandacode/runtimes/bamboo/run-files.ts';
import { toolDefinitions } from '../../../pandacode/runtimes/bamboo/tools/definitions.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';

afterAll(removeWorkspaces);

describe('history', () => {
  const call = (id: string, text = ''): Message => ({ role: 'assistant', text, reasoning: [], calls: [{ id, name: 'bash', input: { cmd: id } }] });
  const result = (id: string, text = 'ok'): Message => ({ role: 'tool', results: [{ id, name: 'bash', text }] });
  const head: Message[] = [
    { role: 'user', kind: 'stable', text: 'context' },
    { role: 'user', kind: 'task', text: 'task' },
  ];
  const long = [...head, ...Array.from({ length: 20 }, (_, at) => [call(`c${at}`), result(`c${at}`, 'x'.repeat(400))]).flat()];

  it('PC-BAMBOO-22 estimates ASCII by four characters and others by one', () => {
    expect([estimateText('abcdefgh'), estimateText('你好'), estimateText('ab你')]).toEqual([2, 2, 2]);
  });

  it('PC-BAMBOO-22 counts from the vendor’s last figure', () => {
    const conversation = Conversation.start('system', join(workspace(), 't.jsonl'));
    for (const message of head) conversation.push(message);
    expect(conversation.tokens(toolDefinitions)).toBeGreaterThan(300);
    conversation.counted(5000);
    conversation.push({ role: 'user', kind: 'nudge', text: 'x'.repeat(400) });
    expect(conversation.tokens(toolDefinitions)).toBe(5104);
  });

  it('PC-BAMBOO-23 the threshold follows window, reserve and explicit wish', () => {
    const of = (more: object) => compactionThreshold({ context: 1_000_000, reserve: 32_000, maxTokens: 16_384, ...more });
    expect([
      of({}),
      of({ context: 128_000 }),
      of({ context: undefined }),
      of({ context: 30_000 }),
      of({ explicit: 500 }),
      of({ context: 200_000, maxTokens: 60_000 }),
    ]).toEqual([160_000, 95_232, 95_232, 8000, 500, 80_000]);
  });

  it('PC-BAMBOO-24 a tool call is never cut from its results, and the tail is halved until it is small enough', () => {
    for (let keep = 1; keep <= 20; keep++) {
      const { tail, middle } = split(long, { keepLast: keep, thresholdTokens: 100_000 }, 0);
      expect(tail[0]!.role).toBe('assistant');
      expect(middle.length % 2).toBe(0);
    }
    const tight = split(long, { keepLast: 32, thresholdTokens: 1000 }, 0);
    expect([tight.head, tight.tail.length]).toEqual([head, 8]);
  });

  it('PC-BAMBOO-25 PC-BAMBOO-26 the source is bounded, failures end in a digest, eight summaries are kept', async () => {
    const limits = { keepLast: 2, thresholdTokens: 100_000 };
    let source = '';
    const huge = [...head, ...Array.from({ length: 100 }, (_, at) => [call(`c${at}`), result(`c${at}`, 'y'.repeat(5000))]).flat()];
    const shorter = await new Compactor(limits).compact(huge, 0, (text) => {
      source = text;
      return Promise.resolve('all said');
    });
    expect(source.length).toBeLessThan(240_100);
    expect(source).toMatch(/^\(The oldest \d+ characters were left out\.\)/);
    expect(shorter!.messages).toMatchObject([...head, { kind: 'summary', text: expect.stringContaining('all said') }, { role: 'assistant' }, { role: 'tool' }]);

    const failing = new Compactor(limits);
    const ask = () => Promise.reject(new Error('no'));
    await expect(failing.compact(long, 0, ask)).rejects.toThrow('no');
    await expect(failing.compact(long, 0, ask)).rejects.toThrow('no');
    const digest = await failing.compact(long, 0, ask);
    expect(digest).toMatchObject({ how: 'digest' });
    expect(JSON.stringify(digest!.messages)).toContain('called bash');

    let messages: Message[] = long;
    const compactor = new Compactor(limits);
    for (let round = 0; round < 12; round++)
      messages = (await compactor.compact([...messages, call(`n${round}`), result(`n${round}`)], 0, () => Promise.resolve(`s${round}`)))!.messages;
    expect(messages.filter((one) => one.role === 'user' && one.kind === 'summary')).toHaveLength(8);
    expect(await new Compactor(limits).compact(head, 0, ask)).toBeUndefined();
  });

  it('PC-BAMBOO-24 the present task of a continued session is kept', async () => {
    const messages: Message[] = [
      ...head,
      call('a'),
      result('a'),
      { role: 'user', kind: 'task', text: 'second task' },
      call('b'),
      result('b'),
      call('c'),
      result('c'),
    ];
    const shorter = await new Compactor({ keepLast: 2, thresholdTokens: 100_000 }).compact(messages, 0, () => Promise.resolve('s'));
    expect(shorter!.messages.map((one) => (one.role === 'user' ? one.kind : one.role))).toEqual(['stable', 'task', 'summary', 'task', 'assistant', 'tool']);
  });

  it('PC-BAMBOO-21 a transcript with a broken last line is read as far as it goes; run ids tell where they come from', () => {
    const folder = workspace();
    const file = join(folder, 'a.jsonl');
    const first = Conversation.start('system', file);
    for (const message of [...head, call('x')]) first.push(message);
    writeFileSync(file, '{"type":"mess', { flag: 'a' });
    const next = Conversation.resume(file, join(folder, 'b.jsonl'))!;
    next.settle(undefined);
    expect(next.messages).toMatchObject([
      ...head,
      { role: 'assistant' },
      { role: 'tool', results: [{ id: 'x', text: expect.stringContaining('interrupted') }] },
    ]);
    expect(Conversation.resume(join(folder, 'none.jsonl'), file)).toBeUndefined();
    expect([bambooRunId(null, 5), bambooRunId('run-1-2', 9)]).toEqual([`run-${process.pid}-5`, 'run-1-2-resume-9']);
  });

  it('PC-QUIRK-04 thoughts are taken out of final texts', () => {
    expect([withoutThoughts('<think>a</think>b'), withoutThoughts('a</think>b'), withoutThoughts('b<think>cut off'), withoutThoughts('no thoughts')]).toEqual([
      'b',
      'b',
      'b',
      'no thoughts',
    ]);
  });
});
