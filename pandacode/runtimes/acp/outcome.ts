import { RequestError, type StopReason } from '@agentclientprotocol/sdk/unstable';
import { categoryOfStatus, categoryOfText, retryAfterOfText } from '../../errors/classify.ts';
import { failure, type Failure } from '../../errors/failure.ts';
import type { ChildExit } from '../../process/run-child.ts';
import type { AcpAgent } from './agents.ts';

/** What an agent did in a turn. */
export interface TurnSigns {
  /** It said something, or used a tool. */
  spoke: boolean;
  saidSomething: boolean;
  /** What was refused to it last. */
  refusal: string | undefined;
}

/** Why a turn that reached its end failed, or undefined. */
export function stopFailure(reason: StopReason, { spoke, saidSomething, refusal }: TurnSigns, agent: string): Failure | undefined {
  switch (reason) {
    case 'end_turn':
      // Some agents end the turn when a tool is refused to them, as if the work were done.
      if (!saidSomething && refusal !== undefined) {
        const next_action = 'Allow it with --permission max, or change the task.';
        return failure('blocked', `${agent} ended its turn without a word after this was refused: ${refusal}`, { next_action });
      }
      return spoke ? undefined : failure('internal', `${agent} ended its turn without a word and without using a tool`, { retryable: true });
    case 'max_tokens':
      return failure('output_limit', `${agent} stopped at the output limit of its model`);
    case 'max_turn_requests':
      return failure('max_turns', `${agent} stopped at its own limit of model calls`);
    case 'refusal':
      return failure('content_filter', `${agent} refuses to go on`);
    case 'cancelled':
      return failure('cancelled', `${agent} was interrupted during its work`);
    default:
      return failure('internal', `${agent} ended its turn for a reason that is not known: ${String(reason)}`);
  }
}

/** What an error answer of the agent means. Its code decides when it says something; its text, which is free, comes last. */
export function errorFailure(error: unknown, during: string, agent: string): Failure {
  const { code, message } = described(error);
  const text = `${agent} failed at ${during}: ${message}`;
  const wait = retryAfterOfText(message);
  const more = wait === undefined ? {} : { retry_after_ms: wait };
  if (code === -32000) return failure('auth', text, { next_action: `Log in with ${agent} itself, or set the key variable that it reads.` });
  if (code === -32002) return failure('invalid_request', text);
  if (code === -32800) return failure('cancelled', text);
  const category = categoryOfText(message) ?? statusAtStart(message) ?? (code === -32601 || code === -32602 ? 'invalid_request' : 'internal');
  return failure(category, text, more);
}

/** An agent that went away in the middle. */
export function exitFailure(exit: ChildExit, during: string, agent: AcpAgent): Failure {
  const { startError, code, signal, stderrTail } = exit;
  if (startError) {
    const why = startError.code === 'ENOENT' ? 'was not found' : `cannot be started (${startError.code ?? startError.message})`;
    return failure('not_installed', `the agent ${agent.name} ${why}: ${agent.command.join(' ')}`, {
      next_action: 'Install it, or name another one with --agent or PANDACODE_ACP_AGENT.',
    });
  }
  const killed = signal !== null || (code ?? 0) > 128;
  const said = stderrTail.trim().split('\n').slice(-5).join('\n');
  const message = `${agent.name} ended during ${during} (${signal ?? `exit code ${code}`})${said ? `: ${said}` : ''}`;
  if (killed) return failure('internal', message, { retryable: true });
  return failure(categoryOfText(said) ?? 'internal', message);
}

// Some agents put the provider's answer into `data` behind a message that says nothing.
function described(error: unknown): { code: number | undefined; message: string } {
  if (!(error instanceof RequestError)) return { code: undefined, message: error instanceof Error ? error.message : String(error) };
  const data = error.data as { details?: unknown; message?: unknown } | string | null | undefined;
  const details = typeof data === 'string' ? data : (data?.details ?? data?.message);
  const message = error.message.replace(/^Internal error(?:: |$)/, '');
  const parts = [message, typeof details === 'string' ? details : ''].filter(Boolean);
  return { code: error.code, message: [...new Set(parts)].join(': ') || 'no reason given' };
}

// `401 bad key`: what several client libraries make of an HTTP error.
function statusAtStart(message: string) {
  const status = /^(4(?:0[0-469]|13|22|29)|5(?:0[0-4]|29)) (?=\S)/.exec(message)?.[1];
  return status === undefined ? undefined : categoryOfStatus(Number(status));
}
