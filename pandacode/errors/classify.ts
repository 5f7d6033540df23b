import type { Category } from './categories.ts';

/** The category of an HTTP status that a provider answered with; undefined below 400. */
export function categoryOfStatus(status: number): Category | undefined {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota';
  if (status === 429) return 'rate_limit';
  if (status >= 500) return 'overloaded';
  return status >= 400 ? 'invalid_request' : undefined;
}

// DashScope answers a throttle by the minute with the code and the words of an empty account; only this page's name differs.
const throttled = /error-code#token-limit\b|\bThrottling\.[A-Z]\w+/;

// What no request says by the way: these hold under any status, which for an empty account is 400, 403, 429 or even 500, by vendor.
const emptyAccount =
  /\binsufficient[_ ](?:quota|balance)\b|\bcredit balance is too low\b|\bexceeded (?:your )?current (?:token )?quota\b|\baccount is in good standing\b|\bfree tier of the model has been exhausted\b|余额不足|欠费/i;

// Phrases of CLIs and providers, the last resort when no structured field decides. Each is anchored to words
// around it: a bare number in a text proves nothing. The first match wins.
const phrases: readonly (readonly [RegExp, Category])[] = [
  [/\bMissing environment variable\b/i, 'auth'],
  [/\bnot logged in\b/i, 'auth'],
  [/\binvalid api key\b|\bincorrect api key\b|\binvalid x-api-key\b/i, 'auth'],
  [/\bfailed to authenticate\b|\bauthentication[_ ](?:failed|error)\b/i, 'auth'],
  [/\bplease run (?:`?codex login|\/login)/i, 'auth'],
  [throttled, 'rate_limit'],
  [emptyAccount, 'quota'],
  [/\busage limit\b/i, 'quota'],
  [
    /\b(?:hit|reached) your (?!(?:rate|context|concurrency) )(?:[\w-]+ )?limit\b|\b(?:5-hour|session|weekly|monthly|daily|opus|sonnet) limit reached\b/i,
    'quota',
  ],
  // Before the rate limit: a busy engine is not this account's fault, though vendors answer both with 429.
  [/\b(?:engine|server|model) is (?:currently |temporarily )?overloaded\b|\bengine_overloaded/i, 'overloaded'],
  [/\brate[_ ]limit(?:ed|s)?\b|\btoo many requests\b|\bmax RPM\b/i, 'rate_limit'],
  [/\breason: max_output_tokens\b|\bexceeded the \d+ output token maximum\b/i, 'output_limit'],
  [/\breason: content_filter\b|\bcontent[_ ](?:filter|policy)\b|\bflagged as potentially\b/i, 'content_filter'],
  [/\bContent Exists Risk\b|\binappropriate content\b|\bconsidered high risk\b|\bnew_sensitive\b|敏感内容/i, 'content_filter'],
  [/\bcontext (?:window|length)\b.*\bexceed|\bprompt is too long\b|\bran out of room in the model's context\b/i, 'invalid_request'],
  [/\bcurrently experiencing high demand\b|\boverloaded(?:_error)?\b|\bserver is (?:busy|overloaded)\b/i, 'overloaded'],
  [/\bwaiting for network\b|\bstream disconnected\b|\bconnection (?:refused|dropped|reset|failed|closed)\b|\bUnable to connect\b/i, 'network'],
  [
    /\bE(?:CONNREFUSED|CONNRESET|CONNABORTED|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH)\b|\bsocket hang up\b|\berror sending request\b|\bcertificate\b.*\b(?:expired|verify|self.signed)/i,
    'network',
  ],
  [/\b(?:model_not_found|unknown model|model .{1,80} (?:does not exist|not found|is not supported))/i, 'invalid_request'],
  [/\b(?:no conversation found|no rollout found|already in use|unexpected argument|unknown option|invalid value)\b/i, 'invalid_request'],
  [/\binvalid_request_error\b/i, 'invalid_request'],
];

/** The category that a message reveals, or undefined. A status that it names decides as that of an answer does. */
export function categoryOfText(text: string): Category | undefined {
  const status = /\b(?:unexpected status|last status:|API Error:(?: Request rejected \()?|HTTP(?:\/[\d.]+)?(?: status)?(?: code)?:?)\s*(\d{3})\b/i.exec(text);
  return (status ? categoryOfAnswer(Number(status[1]), text) : undefined) ?? categoryOfPhrase(text);
}

/**
 * The category of an answer with an error status; undefined below 400. Vendors use one status for several things, so what
 * their text says may be more exact: of an empty account, of a busy engine behind 429, of refused content behind a wrong
 * request. A text may also repeat parts of the request, so words that a request may hold count only where they are likely.
 *
 * @param told what the vendor's own code says, instead of its text
 */
export function categoryOfAnswer(status: number, text: string, told = categoryOfPhrase(text)): Category | undefined {
  const byStatus = categoryOfStatus(status);
  if (byStatus === undefined) return undefined;
  if (told === 'quota' && (status === 402 || status === 403 || status === 429 || emptyAccount.test(text))) return 'quota';
  if (byStatus === 'rate_limit' && told === 'overloaded') return 'overloaded';
  if (byStatus === 'invalid_request' && told === 'content_filter') return 'content_filter';
  return byStatus;
}

/** Whether a refusal is one by the minute, though it may name a quota. */
export function isThrottled(text: string, codes: readonly string[]): boolean {
  return throttled.test(text) || codes.some((code) => code.startsWith('Throttling'));
}

function categoryOfPhrase(text: string): Category | undefined {
  return phrases.find(([pattern]) => pattern.test(text))?.[1];
}

const amount = String.raw`\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])`;
const wait = new RegExp(String.raw`\b(?:try again|retry|retrying) (?:in|after) (${amount}(?:(?:,|\s|and)*${amount})*)`, 'i');

/** The wait in milliseconds that a message asks for (`try again in 12s`, `in 1m26.4s`, `in 2 hours 5 minutes`), or undefined. */
export function retryAfterOfText(text: string): number | undefined {
  const span = wait.exec(text)?.[1];
  if (span === undefined) return undefined;
  const parts = [...span.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs(unit!.toLowerCase()), 0));
}

function unitMs(unit: string): number {
  if (unit.startsWith('ms') || unit.startsWith('milli')) return 1;
  return { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit[0]!]!;
}
