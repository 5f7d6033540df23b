import { execFileSync } from 'node:child_process';
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import type { ExecFlags } from '../../cli/exec/flags.ts';
import { readOptions } from '../../cli/exec/options.ts';
import { equivalentCommand, shellQuote } from '../../cli/exec/shell-command.ts';
import { addLimitOptions } from '../../cli/limit-options.ts';
import { addRunOptions, addScriptOptions } from '../../cli/run-options.ts';

/** What commander makes of the words behind `odw exec`. */
function parse(words: readonly string[]): ExecFlags {
  const command = addLimitOptions(addRunOptions(addScriptOptions(new Command('exec'), 'script')))
    .option('--resume <id>')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse([...words], { from: 'user' }).opts<ExecFlags>();
}

function refusal(words: readonly string[]): string {
  try {
    parse(words);
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
  }
  throw new Error(`${words.join(' ')} was taken`);
}

const facts = (flags: ExecFlags, options = readOptions(flags, {}, undefined)) => ({
  ...{ root: '/my project', script: "it's a script.js", input: undefined, resume: undefined, options },
  executor: { pandacodeBin: flags.pandacodeBin, codexctlBin: flags.codexctlBin },
});

describe('the command that is shown for a run', () => {
  it.each([
    [[]],
    [['--backend', 'pandacode', '--dialect', 'claude', '--provider', 'kimi', '--model', 'a model', '--effort', 'high', '--timeout', '1.5']],
    [['--timeout', 'none', '--concurrency', '256', '--budget', String(Number.MAX_SAFE_INTEGER), '--max-agents', '5000']],
    [['--timeout', '-4', '--model', 'inherit', '--concurrency', '1', '--budget', '1', '--max-agents', '1']],
    [['--max-park', '90m', '--priority', '1', '--prefix-stagger-ms', '0', '--rates', "/it's/rates.json", '--no-auto-answer']],
    [['--max-tokens', '0', '--max-output-tokens', '5', '--max-money', '0.0000001', '--max-retries', '3', '--max-wall', '90m total', '--max-failures', '2']],
    [['--strict', '--on-limit', 'stop', '--allow-unpriced', '--max-wall', '2d', '--max-money', '12.5']],
    [['--raise', '--concurrency', '40', '--max-wall', 'total', '--on-limit', 'park']],
    [['--raise', '--max-tokens', '9']],
    [['--pandacode-bin', '/a b/panda', '--codexctl-bin', '$HOME/codexctl']],
  ])('CLI-10 FILE-02 gives the same run when it is given again: %j', (words) => {
    const flags = parse(words);
    const options = readOptions(flags, {}, undefined);
    const [odw, exec, ...again] = equivalentCommand(facts(flags, options));
    expect([odw, exec]).toEqual(['odw', 'exec']);
    const repeated = parse(again);
    expect(readOptions(repeated, {}, undefined)).toEqual(options);
    expect(repeated).toMatchObject({ path: '/my project', script: "it's a script.js" });
    expect([repeated.pandacodeBin, repeated.codexctlBin]).toEqual([flags.pandacodeBin, flags.codexctlBin]);
  });

  it('CLI-10 LIMIT-01 with --raise it leaves the width to the script, as the run itself did', () => {
    expect(equivalentCommand(facts(parse(['--raise', '--max-tokens', '9'])))).not.toContain('--concurrency');
    expect(equivalentCommand(facts(parse(['--raise', '--concurrency', '3']))).join(' ')).toContain('--concurrency 3 ');
    expect(equivalentCommand(facts(parse(['--max-tokens', '9'])))).toContain('--concurrency');
  });

  it('CLI-10 EXEC-03 a provider of the environment is no flag: said as one, it would decide the runtime', () => {
    const options = readOptions(parse([]), { ODW_PROVIDER: 'qwen' }, undefined);
    expect([options.provider, options.providerIsFlag]).toEqual(['qwen', false]);
    expect(equivalentCommand(facts(parse([]), options))).not.toContain('--provider');
  });

  it.each([
    ['--input', '{"a": "it\'s $HOME `id` \\"x\\" \\\\ \n!"}'],
    ['--input-file', '/in put/ä.json'],
  ] as const)('CLI-10 repeats the input and what is resumed: %s', (flag, value) => {
    const command = equivalentCommand({ ...facts(parse([])), input: { flag, value }, resume: 'run-7' });
    const name = flag === '--input' ? 'input' : 'inputFile';
    expect(parse(command.slice(2))).toMatchObject({ [name]: value, resume: 'run-7' });
  });

  it('CLI-10 CLI-13 is quoted so that a shell gives the same words', () => {
    const words = [
      'plain-1.0/a_b',
      '',
      ' ',
      "it's",
      "''",
      '"',
      '$HOME',
      '`id`',
      '\\',
      '\\\\n',
      'a\nb',
      'tab\there',
      '*',
      '~',
      '!x',
      '#c',
      '; echo no',
      '{a,b}',
      'ä–✓',
      '-n',
      '--',
      '(x)',
    ];
    const out = execFileSync('sh', ['-c', `for word in ${shellQuote(words)}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8', cwd: '/' });
    expect(out.split('\0').slice(0, -1)).toEqual(words);
  });
});

describe('flags that make no sense', () => {
  it.each([
    [['--concurrency', '0'], '--concurrency expects a whole number from 1 to 256, got "0".'],
    [['--concurrency', '257'], '--concurrency expects a whole number from 1 to 256, got "257".'],
    [['--concurrency', '2.5'], 'got "2.5".'],
    [['--concurrency', 'many'], 'got "many".'],
    [['--budget', '0'], '--budget expects a whole number from 1 to any size, got "0".'],
    [['--budget', '-1'], 'got "-1".'],
    [['--budget', '9007199254740993'], '--budget expects a whole number from 1 to any size'],
    [['--max-agents', '5001'], '--max-agents expects a whole number from 1 to 5000, got "5001".'],
    [['--priority', '6'], '--priority expects a whole number from 1 to 5, got "6".'],
    [['--prefix-stagger-ms', '600001'], '--prefix-stagger-ms expects a whole number from 0 to 600000'],
    [['--max-park', '0s'], '--max-park expects a whole number with s, m, h or d'],
    [['--max-park', '1h30m'], 'got "1h30m"'],
    [['--max-money', 'two'], '--max-money expects an amount such as 2.50, got "two".'],
    [['--max-money', ' '], 'got " ".'],
    [['--max-money', '-0.01'], 'got "-0.01".'],
    [['--max-money', 'Infinity'], 'got "Infinity".'],
    [['--max-wall', '0s'], '--max-wall expects a length of time such as 90s, 30m, 2h or 1d, or "2h total" when pauses count too; got "0s".'],
    [['--max-wall', '90'], 'got "90".'],
    [['--max-wall', 'total 2h'], 'got "total 2h".'],
    [['--max-failures', '-1'], '--max-failures expects a whole number from 0 to any size'],
    [['--backend', 'bash'], 'Allowed choices are mock, pandacode.'],
    [['--dialect', 'Claude'], 'Allowed choices are odw, claude.'],
    [['--on-limit', 'fail'], 'Allowed choices are park, stop.'],
    [['--input', 'a', '--input-file', 'b'], "option '--input <text>' cannot be used with option '--input-file <file>'"],
    [['--modle', 'x'], "unknown option '--modle'"],
  ])('CLI-02 %j is refused with what was expected and what came', (words, message) => {
    expect(refusal(words)).toContain(message);
  });

  it.each([
    ['ODW_CONCURRENCY', '0', 'ODW_CONCURRENCY must be a whole number from 1 to 256, got "0"'],
    ['ODW_CONCURRENCY', '16x', 'got "16x"'],
    ['ODW_MAX_PAYLOAD', '64MB', 'ODW_MAX_PAYLOAD must be a whole number of bytes, 1 or more, got "64MB"'],
    ['ODW_MAX_PAYLOAD', '0', 'got "0"'],
    ['ODW_MAX_PAYLOAD', 'Infinity', 'got "Infinity"'],
    ['ODW_MAX_PAYLOAD', '1.5', 'got "1.5"'],
  ])('CONC-02 PROC-07 %s=%s is refused, not passed over in silence', (name, value, message) => {
    expect(() => readOptions(parse([]), { [name]: value }, undefined)).toThrow(message);
    expect(() => readOptions(parse([]), { [name]: '' }, undefined)).not.toThrow();
  });

  it('PROC-07 the largest value is that of the environment, else the recorded one, else 64 MiB', () => {
    const most = (env: NodeJS.ProcessEnv, recorded?: number) =>
      readOptions(parse([]), env, recorded === undefined ? undefined : { maxPayloadBytes: recorded }).maxPayloadBytes;
    expect([most({}), most({}, 5), most({ ODW_MAX_PAYLOAD: '7' }, 5), most({ ODW_MAX_PAYLOAD: '1000' })]).toEqual([64 * 1024 * 1024, 5, 7, 1000]);
  });
});

describe('what a resume gives over what was recorded', () => {
  const recorded = readOptions(
    parse(['--max-tokens', '100', '--max-wall', '2h total', '--rates', '/old.json', '--max-park', '1h', '--model', 'm', '--no-auto-answer']),
    {},
    undefined,
  );

  it.each<[string[], object]>([
    [[], { limits: { tokens: 100, wallTime: 7200, wallTimeCounts: 'total' }, rates: '/old.json', maxParkMs: 3_600_000, model: 'm', autoAnswer: false }],
    [['--max-tokens', '200'], { limits: { tokens: 200, wallTime: 7200, wallTimeCounts: 'total' } }],
    [['--max-wall', '3h'], { limits: { tokens: 100, wallTime: 10_800 } }],
    [['--max-money', '3', '--strict'], { limits: { tokens: 100, money: 3, failures: 0, wallTime: 7200, wallTimeCounts: 'total' } }],
    [['--rates', '/new.json', '--max-park', '2h', '--model', 'n'], { rates: '/new.json', maxParkMs: 7_200_000, model: 'n', autoAnswer: false }],
    [['--model', 'inherit'], { model: 'm' }],
  ])('RES-06 LIMIT-01 %j changes that alone', (words, expected) => {
    const options = readOptions(parse(words), { ODW_RATES: '/environment.json' }, recorded);
    expect(options).toMatchObject(expected);
    if ('limits' in expected) expect(options.limits).toEqual(expected.limits);
  });
});
