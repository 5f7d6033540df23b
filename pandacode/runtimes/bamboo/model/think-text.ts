/** A final text without the thoughts that some models write into it. History keeps them. */
export function withoutThoughts(text: string): string {
  return text
    .replace(/<think>[\s\S]*?<\/think>/g, '')
    .replace(/^[\s\S]*?<\/think>/, (part) => (part.includes('<think>') ? part : ''))
    .replace(/<think>[\s\S]*$/, '')
    .trim();
}
