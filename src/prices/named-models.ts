import type { AnyNode, Expression } from 'acorn';
import type { RunOptions } from '../../schemas/options.ts';
import type { CompiledScript } from '../../schemas/script.ts';
import { propertyOf, type NodeSite } from '../lint/calls.ts';
import { openScript, type LintScript } from '../lint/script.ts';
import { inferRuntime } from '../policy/infer-runtime.ts';
import type { ProviderFacts } from '../policy/provider-name.ts';
import { parseScript } from '../script/parse.ts';
import { placeInScript } from '../script/script-error.ts';

/** A model that a script or the options of its run name. */
export interface NamedModel {
  model: string;
  /** Undefined: whoever offers a model of this name, for the script does not say in so many words. */
  asked: ProviderFacts | undefined;
  /** For people: `line 3`, `--model`, `phase Plan`. */
  where: string;
}

/**
 * The models that are named before a run starts (MONEY-02): by `model` of its nodes where it is written out, by the phases of `meta`,
 * and by the run's own option. What a script computes is not known before it runs.
 */
export async function namedModels(
  { path, meta }: Pick<CompiledScript, 'path' | 'meta'>,
  source: string,
  run: Pick<RunOptions, 'model' | 'provider' | 'providerIsFlag' | 'dialect'>,
): Promise<NamedModel[]> {
  const parsed = await parseScript(path, source);
  const dialect = run.dialect ?? meta.dialect ?? 'odw';
  const script = openScript({ program: parsed.program, meta, computedMeta: undefined, dialect, dialectIsNamed: true });
  const phases = dialect === 'claude' ? [] : meta.phases;
  const found: NamedModel[] = [];
  const add = (model: string | null | undefined, asked: ProviderFacts | undefined, where: string) => {
    if (!model?.trim() || model === 'inherit') return;
    if (!found.some((one) => one.model === model && JSON.stringify(one.asked) === JSON.stringify(asked))) found.push({ model, asked, where });
  };
  for (const site of script.nodes) {
    const asked = askedOf(script, site, run);
    const given = site.options && propertyOf(site.options, 'model');
    if (given) for (const model of textsOf(script, given)) add(model, asked, `line ${placeInScript(parsed, given.start).line}`);
    else add(run.model, asked, '--model');
  }
  const common = { runtime: inferRuntime(run.providerIsFlag ? run.provider : null, undefined, undefined), provider: run.provider ?? undefined };
  for (const { title, model } of phases) add(model, common, `phase ${title}`);
  if (script.nodes.length === 0) add(run.model, common, '--model');
  return found;
}

function askedOf(script: LintScript, { node, options }: NodeSite, run: Pick<RunOptions, 'provider' | 'providerIsFlag'>): ProviderFacts | undefined {
  const texts = { runtime: '', provider: '', agentType: '', action: '', gateway: '', acpAgent: '' };
  const names: Record<keyof typeof texts, string[]> = {
    runtime: ['runtime', 'backendRuntime', 'modelRuntime'],
    provider: ['provider', 'bambooProvider'],
    agentType: ['agentType', 'nodeType', 'role'],
    action: ['action'],
    gateway: ['gateway'],
    acpAgent: ['acpAgent'],
  };
  // Options that are not written out, or are spread into these, may say anything.
  if (!options && node.type === 'CallExpression' && node.arguments.length > 1 + Number(isExec(node))) return undefined;
  if (options?.properties.some(({ type }) => type === 'SpreadElement')) return undefined;
  for (const key of Object.keys(texts) as (keyof typeof texts)[]) {
    const given = names[key].flatMap((name) => propertyOf(options, name) ?? [])[0];
    if (!given) continue;
    const [text, ...more] = textsOf(script, given);
    if (text === undefined || more.length > 0) return undefined;
    texts[key] = text;
  }
  const runtime =
    texts.runtime.toLowerCase() ||
    calledRuntime(node) ||
    inferRuntime(texts.provider || (run.providerIsFlag ? run.provider : null), texts.agentType, texts.action);
  const provider = runtime === 'bamboo' ? texts.provider || run.provider || undefined : undefined;
  return {
    runtime,
    ...(provider === undefined ? {} : { provider }),
    ...(texts.gateway ? { gateway: texts.gateway } : {}),
    ...(texts.acpAgent ? { acpAgent: texts.acpAgent } : {}),
  };
}

// pandacode.codex(prompt, options)
function calledRuntime(node: AnyNode): string | undefined {
  const name = calledName(node);
  return name !== undefined && ['claude', 'codex', 'bamboo'].includes(name) ? name : undefined;
}

// pandacode.exec(runtime, prompt, options)
function isExec(node: AnyNode): boolean {
  return calledName(node) === 'exec';
}

function calledName(node: AnyNode): string | undefined {
  const property = node.type === 'CallExpression' && node.callee.type === 'MemberExpression' ? node.callee.property : undefined;
  return property?.type === 'Identifier' ? property.name : undefined;
}

// The texts that an expression can come to, as far as they are written out.
function textsOf(script: LintScript, expression: Expression): string[] {
  const value = script.valueOf(expression);
  if (value.type === 'Literal') return typeof value.value === 'string' ? [value.value] : [];
  if (value.type === 'TemplateLiteral') return value.expressions.length === 0 ? [value.quasis[0]?.value.cooked ?? ''] : [];
  if (value.type === 'ConditionalExpression') return [...textsOf(script, value.consequent), ...textsOf(script, value.alternate)];
  if (value.type === 'LogicalExpression') return [value.left, value.right].flatMap((side) => textsOf(script, side));
  return [];
}
