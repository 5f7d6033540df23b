// Claude Code writes, Codex reviews, and the author mends what the review insists on: two agents of different make see different mistakes.
export const meta = {
  name: 'two-agents',
  description: 'One agent writes, one of another make reviews, until the reviewer has nothing left to say.',
  phases: [{ title: 'Write' }, { title: 'Review' }],
};

const task = args?.task ?? 'Write docs/adr/0001-storage.md: which store we use and why. At most one page.';
const review = {
  type: 'object',
  required: ['blocking'],
  properties: { blocking: { type: 'array', items: { type: 'string' }, description: 'what must change; empty when nothing must' } },
};

// Every node is a new conversation: what the author must know of the round before stands in the prompt.
const author = (prompt, round) => pandacode.claude(prompt, { label: `author #${round}`, phase: 'Write', mockAgentText: `version ${round}` });

let text = await author(task, 1);
const open = [];
for (let round = 1; round <= 3; round++) {
  if (text.ok === false) return text;
  const opinion = await pandacode.codex(`Review this against its task.\nTask: ${task}\n\n${text}`, {
    label: `reviewer #${round}`,
    phase: 'Review',
    permission: 'limited',
    schema: review,
    mockValue: { blocking: round === 1 ? ['the costs are not named'] : [] },
  });
  if (opinion.ok === false) return opinion;
  open.splice(0, open.length, ...opinion.blocking);
  if (open.length === 0) break;
  text = await author(
    `${task}\nThe last version:\n${text}\n\nA reviewer insists on this:\n- ${open.join('\n- ')}\nMend it, and answer with the whole new text.`,
    round + 1,
  );
}
return { ok: open.length === 0, text, open };
