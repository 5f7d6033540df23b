import { afterEach, describe, expect, it } from 'vitest';
import { AcpUpdates } from '../../pandacode/runtimes/acp/updates.ts';
import { ClaudeStream } from '../../pandacode/runtimes/claude/stream.ts';
import { CodexStream } from '../../pandacode/runtimes/codex/stream.ts';
import { removeWorkspaces } from '../support/pandacode.ts';
import { turnContext } from './turn-context.ts';

afterEach(removeWorkspaces);

// Lines of forms that no tested CLI prints, but a later one, or a wrapper around it, may. The turn around them is paid for.
const odd = {
  claude: [
    '{}',
    '{"type":null}',
    '{"type":["result"]}',
    '{"type":"system","subtype":"init"}',
    '{"type":"system","subtype":"api_retry"}',
    '{"type":"assistant"}',
    '{"type":"assistant","message":null}',
    '{"type":"assistant","message":{"content":null}}',
    '{"type":"assistant","message":{"content":"text alone"}}',
    '{"type":"assistant","message":{"content":[null]}}',
    '{"type":"assistant","message":{"content":{"type":"text"}}}',
    '{"type":"assistant","message":{"content":[{"type":"tool_use"}]}}',
    '{"type":"user","message":{"content":[null,{"type":"tool_result","tool_use_id":"nobody"}]}}',
    '{"type":"stream_event"}',
    '{"type":"stream_event","event":null}',
    '{"type":"stream_event","event":{"type":"message_start","message":{"id":"m","usage":null}}}',
    '{"type":"stream_event","event":{"type":"message_delta","usage":{"output_tokens":null}}}',
    '{"type":"rate_limit_event"}',
    '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":"soon"}}',
    '[1,2]',
    '"text"',
    'Warning: something {"type":"result"}',
    '\u0000\u0001',
  ],
  codex: [
    '{}',
    '{"type":null}',
    '{"type":"thread.started"}',
    '{"type":"item.started"}',
    '{"type":"item.completed","item":null}',
    '{"type":"item.completed","item":{"type":"agent_message"}}',
    '{"type":"item.completed","item":{"type":"file_change","changes":"all"}}',
    '{"type":"item.completed","item":{"type":"file_change","changes":[null]}}',
    '{"type":"item.started","item":{"id":"o","type":"command_execution","command":["bash","-c"]}}',
    '{"type":"item.completed","item":{"id":"o","type":"command_execution"}}',
    '{"type":"error"}',
    '{"type":"error","message":{"text":"an object"}}',
    '{"type":"error","message":"{\\"error\\":null}"}',
    '{"type":"turn.started","turn":null}',
    'OpenAI Codex v0.169.0',
  ],
};

describe('lines of a form that is not known', () => {
  it.each(odd.claude)('PC-CLAUDE-05 claude goes on after %j', (line) => {
    const { context, warnings } = turnContext();
    const stream = new ClaudeStream(context, () => undefined);
    expect(() => stream.push(line)).not.toThrow();
    stream.push('{"type":"assistant","message":{"content":[{"type":"text","text":"still here"}]}}');
    stream.push('{"type":"stream_event","event":{"type":"message_start","message":{"id":"n","usage":{"input_tokens":3,"output_tokens":4}}}}');
    stream.push('{"type":"result","subtype":"success","is_error":false,"result":"done"}');
    expect(stream).toMatchObject({ lastText: 'still here', result: { result: 'done' } });
    expect(stream.live.total()).toMatchObject({ input: 3, output: 4, total: 7 });
    expect(context.control.reason).toBeUndefined();
    for (const warning of warnings) expect(warning.length).toBeLessThan(600);
    context.watchdog.close();
  });

  it.each(odd.codex)('PC-CODEX-16 codex goes on after %j', (line) => {
    const { context } = turnContext();
    const stream = new CodexStream(context);
    expect(() => stream.push(line)).not.toThrow();
    stream.push('{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"still here"}}');
    stream.push('{"type":"turn.completed","usage":{"input_tokens":3,"output_tokens":4}}');
    expect(stream).toMatchObject({ lastText: 'still here', terminal: 'completed', tokens: { input_tokens: 3 } });
    expect(context.control.reason).toBeUndefined();
    stream.close();
    context.watchdog.close();
  });

  it.each([
    {},
    { sessionUpdate: 'agent_message_chunk' },
    { sessionUpdate: 'agent_message_chunk', content: null },
    { sessionUpdate: 'agent_message_chunk', content: { type: 'text' } },
    { sessionUpdate: 'agent_message_chunk', content: { type: 'image', data: '', mimeType: 'image/png' } },
    { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: '' }, _meta: { usage: 'many' } },
    { sessionUpdate: 'tool_call' },
    { sessionUpdate: 'tool_call', toolCallId: 't', content: [null], locations: [null] },
    { sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed', content: 'text' },
    { sessionUpdate: 'usage_update' },
    { sessionUpdate: 'usage_update', cost: 'free' },
    { sessionUpdate: 'available_commands_update', availableCommands: null },
    { sessionUpdate: 'something_new', x: 1 },
  ])('PC-ACP-01 an agent goes on after %j', (update) => {
    const { context } = turnContext();
    const updates = new AcpUpdates(context, { maxTotalTokens: 1000, maxCost: 1 });
    expect(() => updates.push(update as never)).not.toThrow();
    updates.push({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'still here' } } as never);
    updates.close();
    expect(updates.lastText).toBe('still here');
    expect([context.watchdog.state.openTools, context.control.reason]).toEqual([0, undefined]);
    context.watchdog.close();
  });

  it('PC-CLAUDE-05 PC-ERR-01 a line that cannot be understood is named in a warning', () => {
    const { context, warnings } = turnContext();
    new ClaudeStream(context, () => undefined).push('{"type":"assistant","message":{"content":[null]}}');
    new CodexStream(context).push('{"type":"item.completed","item":{"type":"file_change","changes":[null]}}');
    expect(warnings).toEqual([
      expect.stringMatching(/^claude printed a line of a form that is not known .*"content":\[null\]/),
      expect.stringMatching(/^codex printed a line of a form that is not known .*"changes":\[null\]/),
    ]);
    context.watchdog.close();
  });
});
