/** The message that gives the task; it stands after everything that stays the same. */
export function taskMessage(about: { workspace: string; provider: string; model: string; verify: string[]; task: string; resumeContext?: string }): string {
  return [
    ...(about.resumeContext ? [`Earlier work in this session, as far as it is known:\n${about.resumeContext}\n`] : []),
    `Workspace: ${about.workspace}`,
    `Provider: ${about.provider}, model: ${about.model}`,
    ...(about.verify.length > 0 ? ['These commands must succeed at the end:', ...about.verify.map((command) => `- ${command}`)] : []),
    '',
    'Task:',
    about.task,
  ].join('\n');
}
