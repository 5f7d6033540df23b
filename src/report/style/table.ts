/** The table of nodes. */
export const tableStyle = `
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { border: 1px solid var(--line); background: none; border-radius: 99px; padding: 3px 11px; font-size: 13px; }
.chip small { color: var(--soft); padding-left: 6px; }
.chip[aria-pressed="true"] { background: var(--raise); border-color: var(--soft); font-weight: 550; }
#search { flex: 1; min-width: 200px; max-width: 420px; padding: 5px 11px; border: 1px solid var(--line); border-radius: 8px; background: var(--back); }
.scroll { overflow: auto; max-height: 75vh; border: 1px solid var(--line); border-radius: 8px; }
.nodes { width: 100%; border-collapse: separate; border-spacing: 0; }
.nodes th { position: sticky; top: 0; background: var(--raise); text-align: left; padding: 0; z-index: 1; border-bottom: 1px solid var(--line); }
.nodes th button { border: 0; background: none; width: 100%; padding: 6px 12px; text-align: inherit; font-weight: 600; font-size: 12px; color: var(--soft); }
.nodes th[aria-sort] button { color: var(--text); }
.nodes th[aria-sort="ascending"] button::after { content: " ↑"; } .nodes th[aria-sort="descending"] button::after { content: " ↓"; }
.nodes th.num { text-align: right; }
.nodes td { padding: 4px 12px; border-bottom: 1px solid color-mix(in srgb, var(--line) 60%, transparent); white-space: nowrap; max-width: 340px; overflow: hidden; text-overflow: ellipsis; }
.nodes tbody tr { cursor: pointer; }
.nodes tbody tr:hover { background: var(--raise); }
.nodes tbody tr.selected { background: color-mix(in srgb, var(--accent) 16%, transparent); }
.nodes .name button { border: 0; background: none; padding: 0; font-weight: 550; text-align: left; }
.nodes .name small { color: var(--soft); padding-left: 8px; }
`;
