import { stripVTControlCharacters } from 'node:util';

const keyLike = /\b(?:sk-|ak-|sk_|key-)[A-Za-z0-9_-]{13,}/g;
const mail = /\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b/g;

/** Text that may be shown: without terminal codes, keys and e-mail addresses. */
export function masked(text: string): string {
  return stripVTControlCharacters(text)
    .replace(keyLike, (key) => `${key.slice(0, 3)}***`)
    .replace(mail, '***@***');
}

/** The masked end of a text, at most `limit` characters. */
export function tail(text: string, limit: number): string {
  const clean = masked(text).trim();
  return clean.length > limit ? clean.slice(-limit) : clean;
}
