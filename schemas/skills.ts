import * as z from 'zod';

/** Where a skill was found: `.odw/skills` of the project, `skills` in ODW_HOME, or in odw itself. */
export const skillSource = z.enum(['project', 'user', 'built-in']);
export type SkillSource = z.infer<typeof skillSource>;

/** A skill that a run goes by (SKILL-01), as it was read. */
export const loadedSkill = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    from: skillSource,
    text: z.string(),
    /** Hex SHA-256 of the text. */
    sha256: z.string(),
  }),
  z.object({ ok: z.literal(false), message: z.string() }),
]);
export type LoadedSkill = z.infer<typeof loadedSkill>;

/** A skill as the journal names it. */
export const namedSkill = z.object({ id: z.string(), from: skillSource, sha256: z.string() });
export type NamedSkill = z.infer<typeof namedSkill>;
