const texts = {
  'no-casts': `
Let the types of the code prove what it does.
- Write no cast: no \`as T\`, no \`<T>value\`, no non-null \`!\`, no \`any\`, and nothing like them in other languages.
- Narrow with checks that run: \`typeof\`, \`in\`, \`instanceof\`, a tagged union, a parser or schema at the border of the program.
- Take unknown data in as \`unknown\`, and check it once, where it comes in.
- When the compiler does not see what you know, change the types until it does: a smaller union, a generic, a return type that says more.
- \`as const\` and \`satisfies\` are no casts.
- Where a library leaves no other way, keep the cast in one small function, and say in a comment why it holds.`,
  'test-driven': `
Begin with a test, and let it lead.
- Before you change behaviour, write a test that fails for want of it, run it, and see it fail for the reason you expect.
- Write the least code that makes it pass, then tidy up with the tests green. Go on with the next case.
- For a bug, the first test is the one that shows it.
- Test what a caller can see, not how it is made. Cover the edges: empty, one, many, too large, wrong kind, failing neighbours.
- Never weaken, skip or delete a test to get a green run. When a test is wrong, say so and why before you mend it.
- At the end run the whole suite that your change can touch, and report the command and its result as it was.`,
  'minimal-diff': `
Make the smallest change that does the whole task.
- Touch only the lines that the task needs. Every line of the diff should have a reason that the task gives.
- Do not rename, move, reformat or reorder what you came across. Keep the style, the names and the idioms of the file.
- Use what is there before you write something new; add no dependency and no layer for a single use.
- Mend the cause, not each place where it shows: small is not the same as shallow.
- Mention other faults that you see in your answer, and leave them as they are.
- Read your diff before you finish, and take out what is not needed: debug output, stray whitespace, dead code of your own.`,
  'strict-types': `
Let the compiler refuse as many mistakes as it can.
- The code must pass the strictest settings that the project has. Loosen no setting, and switch off no check for a line or a file.
- Give exported functions explicit types for parameters and results. Let the inside be inferred.
- Make states that must not be impossible to write down: tagged unions in place of flags and optional fields that depend on one another.
- Handle every case of a union, so that a new case is an error where it is forgotten.
- Say what may be missing with a type, and treat it; mark what is not changed as read-only.
- Run the type checker before you finish, and leave no new error or warning.`,
  'security-first': `
Treat everything from outside as hostile until it has been checked.
- Check input where it comes in: kind, length, range, allowed characters. Refuse what does not fit; do not repair it.
- Build no command, query, path, URL, markup or regular expression by joining texts. Pass arguments as lists, bind parameters, encode for the place.
- Keep paths inside of their folder once links and \`..\` are resolved.
- Check for every action who may do it, on the side that does it. What is not granted is refused.
- No secret in code, logs, error messages, URLs or test data. Use the platform's cryptography, never your own.
- Limit what a stranger can make you spend: sizes, counts, times, nesting.
- Name in your answer every way in that the change opens, and what guards it.`,
  'performance-aware': `
Know what the change costs when there is much of everything.
- Say for each loop, query and call how its cost grows with the size of the input. Avoid work that grows faster than the input.
- No query, request or file access for each element where one for all will do. Read large data as a stream.
- Keep what is held in memory bounded; give every cache a limit and a moment at which it forgets.
- Do not block an event loop or a shared lock; run what is independent side by side, up to a limit.
- Measure before and after when you claim that something is faster, with the same data on the same machine, and give both figures.
- Where nothing is measured and nothing is large, choose the plain code.`,
  'docs-required': `
A change is done when its documentation is true again.
- Describe every new or changed command, option, file, setting, error and public function where users look for it, in the same change.
- Search the documentation, comments, examples and help texts for what your change made wrong, and mend it.
- A public function says what it does, what it takes and returns with units, and how it fails. A comment inside says why, not what.
- Give an example for what is not obvious, and run it before you write it down.
- Write for somebody who does not know the history: how it is now, in plain sentences, without announcements.
- Keep the form of the pages that are there, and their changelog, where there is one.`,
  'backward-compat': `
Whoever relies on this today must be able to go on without a change.
- Keep names, signatures, defaults, exit codes, error codes, file formats, wire formats and printed lines that others may read.
- Add instead of changing: new things are optional, and without them all is as it was.
- Read the data that earlier versions wrote, and let earlier versions read what they can of yours.
- Retire in steps: keep the old way working, say what replaces it, and leave the removal to a version that announces it.
- Prove it with a test that goes the old way, through old calls or stored data of before.
- When something must break, stop and say what, for whom, and how they move, before you do it.`,
} as const;

/** Skills that come with odw (SKILL-01), by id. A file of the same id in the project or the user's folder takes their place. */
export const builtInSkills: ReadonlyMap<string, string> = new Map(Object.entries(texts).map(([id, text]) => [id, text.trim()]));
