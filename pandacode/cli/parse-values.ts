import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** A whole number of at least 0. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('expected a whole number of at least 0.');
  return value;
}

/** A positive number. */
export function amount(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('expected a positive number.');
  return value;
}

/** Any number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}

/** Collects a repeatable flag. */
export function collect(text: string, earlier: string[]): string[] {
  return [...earlier, text];
}

/** A path, from the process's folder. */
export function absolute(text: string): string {
  return resolve(text);
}
