/** Bars over time. The name column and the axis share one width. */
export const timelineStyle = `
.timeline { --names: 150px; }
.lanes-frame { position: relative; padding-top: 24px; max-height: 900px; overflow-y: auto; overflow-x: hidden; }
.axis { position: absolute; inset: 0 0 0 var(--names); pointer-events: none; min-height: 100%; }
.tick { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--line); }
.tick span { position: absolute; top: 0; left: 5px; font-size: 11px; color: var(--soft); white-space: nowrap; }
.phase { display: grid; grid-template-columns: var(--names) minmax(0, 1fr); padding: 5px 0; border-top: 1px solid var(--line); position: relative; }
.phase-name { padding-right: 12px; font-weight: 550; overflow: hidden; text-overflow: ellipsis; }
.phase-name small { display: block; color: var(--soft); font-weight: 400; }
.lane { position: relative; height: 24px; }
.packed .lane { height: 16px; }
.bar { position: absolute; top: 2px; bottom: 2px; border: 0; border-radius: 4px; padding: 0; overflow: hidden; white-space: nowrap; text-align: left; color: #fff; font-size: 11.5px; line-height: 1; }
.bar span { position: relative; display: block; padding: 0 7px; overflow: hidden; text-overflow: ellipsis; }
.packed .bar { top: 1px; bottom: 1px; border-radius: 2px; font-size: 10px; box-shadow: inset -1px 0 0 var(--card); }
.packed .bar span { padding: 0 3px; }
.bar:hover, .bar.selected, .square.selected { filter: brightness(1.15); outline: 2px solid var(--text); outline-offset: 0; z-index: 2; }
.bar.running, .bar.unfinished { background-image: repeating-linear-gradient(-45deg, transparent 0 6px, rgb(255 255 255 / 18%) 6px 12px); }
.tried { position: absolute; top: 0; bottom: 0; background: repeating-linear-gradient(-45deg, var(--failed-fill) 0 3px, transparent 3px 8px); border-right: 2px solid var(--card); }
.beside { position: absolute; top: 0; line-height: 24px; font-size: 11.5px; white-space: nowrap; pointer-events: none; }
@media (max-width: 700px) { .timeline { --names: 84px; } }
`;
