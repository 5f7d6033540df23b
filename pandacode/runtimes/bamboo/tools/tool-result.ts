import { masked } from '../../../report/mask.ts';
import type { ToolOutcome } from './tool.ts';

const limit = 30_000;
const marks = ['<<<BAMBOO_TOOL_RESULT>>>', '<<<BAMBOO_TOOL_RESULT_END>>>'] as const;
const long = ['output', 'stdout', 'stderr'] as const;

/** The text of a tool result as the model gets it. Long parts are cut and say so; keys are masked. */
export function toolResultText(action: string, outcome: ToolOutcome, durationMs: number, most = limit): string {
  const shown: ToolOutcome = { ...outcome, message: masked(outcome.message).slice(0, 4000) };
  const parts = long.filter((name) => outcome[name] !== undefined);
  for (const name of parts) {
    // What looks like the end of a result would let a file pretend to be something else.
    const whole = maskKeys(outcome[name]!).replaceAll(marks[1], '<<<END>>>').replaceAll(marks[0], '<<<>>>');
    const share = Math.floor(most / parts.length);
    const cut = whole.length > share;
    shown[name] = !cut ? whole : action === 'bash' ? whole.slice(-share) : whole.slice(0, share);
    shown[`${name}_chars`] = whole.length;
    if (cut || outcome[`${name}_truncated`]) shown[`${name}_truncated`] = true;
  }
  return `${marks[0]}\n${JSON.stringify({ action, ...shown, duration_ms: durationMs })}\n${marks[1]}`;
}

// Only what is a key: mail addresses and the like are the model's business.
function maskKeys(text: string): string {
  return text.replace(/\b(?:sk-|ak-|sk_)[A-Za-z0-9_-]{20,}/g, (key) => `${key.slice(0, 3)}***`);
}
