/**
 * Cuts text to at most `max` characters, counted in whole code points, so that no character is split (PROC-08).
 *
 * @param suffix appended when something was cut; not counted
 */
export function cutCodePoints(text: string, max: number, suffix = ''): string {
  // A text has at most as many code points as UTF-16 units.
  if (text.length <= max) return text;
  let units = 0;
  for (let points = 0; points < max && units < text.length; points++) units += text.codePointAt(units)! > 0xffff ? 2 : 1;
  return units >= text.length ? text : text.slice(0, units) + suffix;
}

/** Replaces lone surrogates by U+FFFD: what is left has a UTF-8 form (PROC-08). */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
