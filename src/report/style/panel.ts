/** The panel of one node, and its diff. */
export const panelStyle = `
#panel { position: fixed; inset: 0 0 0 auto; width: min(560px, 46vw); background: var(--card); border-left: 1px solid var(--line); box-shadow: -8px 0 24px rgb(0 0 0 / 12%); overflow: auto; padding: 0 18px 30px; z-index: 5; }
.panel-head { display: flex; gap: 8px; align-items: center; position: sticky; top: 0; background: var(--card); padding: 14px 0 10px; z-index: 1; }
.panel-head h2 { flex: 1; text-transform: none; letter-spacing: 0; font-size: 15px; color: var(--text); overflow-wrap: anywhere; }
#panel .facts { margin: 4px 0 0; gap: 6px 22px; }
.part { margin-top: 18px; } .part-head { display: flex; justify-content: space-between; align-items: center; margin-bottom: 6px; }
.error { margin-top: 14px; padding: 10px 12px; border-radius: 8px; border: 1px solid color-mix(in srgb, var(--failed) 45%, transparent); background: color-mix(in srgb, var(--failed) 8%, transparent); overflow-wrap: anywhere; }
.error h3 { color: var(--failed); } .error p, .error ul { margin: 6px 0 0; } .error p { white-space: pre-wrap; } .error ul { padding-left: 18px; } .next { font-weight: 550; }
.config th { color: var(--soft); } .config td { overflow-wrap: anywhere; width: 75%; }
.file { border: 1px solid var(--line); border-radius: 8px; margin-bottom: 8px; overflow: hidden; }
.file summary { padding: 5px 10px; background: var(--raise); } .file summary code { overflow-wrap: anywhere; }
.file summary span { padding-left: 8px; font-size: 12px; } .file summary .plus { color: var(--ok); } .file summary .minus { color: var(--failed); }
.diff { margin: 0; overflow: auto; max-height: 460px; padding: 6px 0; line-height: 1.45; }
.diff span { display: block; padding: 0 10px; min-width: max-content; }
.diff .plus { background: var(--plus); } .diff .minus { background: var(--minus); } .diff .hunk { background: var(--hunk); color: var(--soft); } .diff .meta { color: var(--soft); }
.files { margin: 0; padding-left: 18px; }
@media (max-width: 900px) { #panel { width: 100vw; } body.with-panel main { margin-right: 0; } }
`;
