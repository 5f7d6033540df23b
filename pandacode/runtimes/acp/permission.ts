import type { PermissionOption, RequestPermissionRequest } from '@agentclientprotocol/sdk/unstable';
import { agentPath } from './agent-path.ts';

/** The answer to a permission request: one of its options, or that a person has to choose. */
export type Verdict = { kind: 'allowed' | 'refused'; optionId: string | undefined } | { kind: 'question' };

/** What is known of a tool call by the time it asks. */
export interface AskingTool {
  kind?: string | null;
  /** Files that it would change. */
  paths: string[];
}

/**
 * Answers a permission request by policy: `max` allows; `limited` refuses all but edits of files in the workspace.
 * A request without an option that allows is a question. Once is preferred to always, which agents write into files.
 */
export function permissionVerdict(
  options: readonly PermissionOption[],
  tool: AskingTool,
  policy: { permission: 'max' | 'limited'; workspace: string; stateDir: string },
): Verdict {
  const pick = (...kinds: string[]) => kinds.flatMap((kind) => options.find((option) => option.kind === kind)?.optionId ?? [])[0];
  const allowing = pick('allow_once', 'allow_always');
  if (allowing === undefined && !pick('reject_once', 'reject_always')) return { kind: 'question' };
  const isAllowed = policy.permission === 'max' || isEdit(tool, policy);
  if (isAllowed && allowing !== undefined) return { kind: 'allowed', optionId: allowing };
  return { kind: 'refused', optionId: pick('reject_once', 'reject_always') };
}

/** What a permission request says of its tool, completed by what updates said before. */
export function askingTool(call: RequestPermissionRequest['toolCall'], known?: AskingTool): AskingTool {
  const kind = call.kind ?? known?.kind;
  return { ...(kind ? { kind } : {}), paths: [...new Set([...pathsOf(call), ...(known?.paths ?? [])])] };
}

/** The files that a tool call or an update of one names. */
export function pathsOf(call: Pick<RequestPermissionRequest['toolCall'], 'locations' | 'content'>): string[] {
  const diffs = listOf(call.content).flatMap((part) => (part?.type === 'diff' && typeof part.path === 'string' ? [part.path] : []));
  const places = listOf(call.locations).flatMap((location) => (typeof location?.path === 'string' ? [location.path] : []));
  return [...diffs, ...places];
}

// Updates are read without a check of their form.
function listOf<T>(value: readonly T[] | null | undefined): readonly (T | undefined)[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

function isEdit(tool: AskingTool, { workspace, stateDir }: { workspace: string; stateDir: string }): boolean {
  return tool.kind === 'edit' && tool.paths.length > 0 && tool.paths.every((path) => 'path' in agentPath(path, { workspace, stateDir }, 'write'));
}
