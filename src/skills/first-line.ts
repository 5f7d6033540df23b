import { cutCodePoints } from '../text.ts';

/** What a skill is about, as its text begins: the first line that says something, without marks of a heading. */
export function firstLine(text: string): string {
  const line = text.split('\n').find((one) => /[\p{L}\p{N}]/u.test(one)) ?? '';
  return cutCodePoints(line.replace(/^[\s#>*-]+/, '').trim(), 160);
}
