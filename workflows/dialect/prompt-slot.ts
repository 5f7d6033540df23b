import type { Json } from '../../schemas/json.ts';
import type { RunContext } from '../run-context.ts';
import { currentScope } from '../scope.ts';

/** promptSlot(name, context, suggested): a prompt that the caller injects through args (SLOT-01, SLOT-02, SUB-06). */
export function promptSlot(ctx: RunContext, name: unknown, context: unknown = {}, suggested: unknown = ''): string {
  const { args } = currentScope().frame;
  const slots = record(record(args)['prompts'] ?? record(args)['promptSlots']);
  const slot = slots[String(name)];
  const given = typeof slot === 'string' ? slot : record(slot)['template'];
  const injected = typeof given === 'string' && given.trim() !== '';
  const mayGuess = ctx.input.options.backend === 'mock' || record(args)['allowSuggestedPrompts'] === true || record(args)['useSuggestedPrompts'] === true;
  if (!injected && !mayGuess) throw new Error(`missing prompt slot ${String(name)}; pass input.prompts.${String(name)}`);
  const ownContext = typeof slot === 'object' && slot !== null && !Array.isArray(slot) ? slot['context'] : undefined;
  const shown = ownContext ?? context;
  const template = injected ? given : String(suggested);
  ctx.journal.emit('prompt_slot', { name: String(name), source: injected ? 'injected' : 'suggested', contextKeys: Object.keys(record(shown as Json)) });
  return template.replaceAll('{{context}}', () => JSON.stringify(shown, null, 2)).replaceAll('{{input}}', () => JSON.stringify(args ?? null, null, 2));
}

function record(value: Json | undefined): Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
