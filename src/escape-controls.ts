/**
 * Shows the control characters of a text (C0, DEL, C1) as `\x1b`, so that what a model or a script wrote cannot steer the terminal it is
 * printed on: move the cursor, colour, set the title, answer for the user. Line ends (also CR LF) and tabs stay.
 */
export function escapeControls(text: string): string {
  return text.replace(/(?!\r\n)[\0-\x08\v-\x1f\x7f-\x9f]/g, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
