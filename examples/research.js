// Answers a question from several sides at once, has every claim cross-checked by an agent that did not make it, and writes down what held.
// Input, all optional: { "question": "…", "sides": ["…"] }
export const meta = {
  name: 'research',
  description: 'Research from several sides, with every claim cross-checked.',
  phases: [{ title: 'Research' }, { title: 'Cross-check' }, { title: 'Answer' }],
};

const question = args?.question ?? 'Should this project move from REST to gRPC?';
const sides = args?.sides ?? ['what the code does today', 'what users and issues say', 'what comparable projects did', 'what it would cost'];

const notes = {
  title: 'research notes',
  type: 'object',
  required: ['claims'],
  properties: {
    claims: {
      type: 'array',
      maxItems: 8,
      items: { type: 'object', required: ['claim', 'source'], properties: { claim: { type: 'string' }, source: { type: 'string' } } },
    },
  },
};
const check = {
  title: 'cross-check',
  type: 'object',
  required: ['verdict', 'evidence'],
  properties: { verdict: { enum: ['holds', 'wrong', 'unclear'] }, evidence: { type: 'string' } },
};

// Each side goes on to its checks as soon as it is there; nobody waits for the slowest reader.
const checked = await pipeline(
  sides,
  (side) =>
    agent(`Question: ${question}\nLook only at ${side}. Give at most eight claims, each with the source where it can be checked.`, {
      label: side,
      phase: 'Research',
      schema: notes,
      retry: { maxAttempts: 3 },
      mockValue: { claims: ['first', 'second'].map((name) => ({ claim: `${name} claim about ${side}`, source: 'README.md' })) },
    }),
  (found, side) =>
    found.ok === false
      ? []
      : fanout(
          found.claims,
          ({ claim, source }, index) =>
            agent(`Try to refute this claim. Read the source yourself.\nClaim: ${claim}\nSource: ${source}`, {
              label: `check ${side} ${index + 1}`,
              phase: 'Cross-check',
              schema: check,
              mockValue: { verdict: index === 0 ? 'holds' : 'unclear', evidence: 'README.md' },
            }).then((opinion) => ({ side, claim, source, ...(opinion.ok === false ? { verdict: 'unchecked' } : opinion) })),
          { label: `checks of ${side}` },
        ),
);

const claims = checked.flat().filter((claim) => claim !== null);
const count = (verdict) => claims.filter((claim) => claim.verdict === verdict).length;
log(`${claims.length} claims: ${count('holds')} hold, ${count('wrong')} wrong, ${count('unclear') + count('unchecked')} open`);
checkpoint('claims', claims);

phase('Answer');
const answer = await agent(
  `Answer: ${question}\nBuild only on claims that hold, name the open ones as open, and leave out the wrong ones.\n${JSON.stringify(claims)}`,
  { label: 'answer', effort: 'high', mockAgentText: 'Not yet; the open points come first.' },
);
return { question, answer, claims };
