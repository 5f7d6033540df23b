/** Nested boxes of the graph. */
export const graphStyle = `
.graph { display: flex; flex-direction: column; align-items: center; overflow-x: auto; padding: 4px 2px 10px; }
.end-mark { font-size: 12px; color: var(--soft); border: 1px solid var(--line); border-radius: 99px; padding: 2px 16px; }
.arrow { flex: none; width: 1px; height: 20px; background: var(--soft); position: relative; opacity: .75; }
.arrow::after { content: ""; position: absolute; bottom: 0; left: -3px; width: 6px; height: 6px; border: solid var(--soft); border-width: 0 1.5px 1.5px 0; transform: rotate(45deg); }
.node { flex: none; width: 230px; text-align: left; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 8px; padding: 6px 9px; line-height: 1.35; }
.node.ok { --tone: var(--ok-fill); } .node.failed { --tone: var(--failed-fill); } .node.running { --tone: var(--running-fill); } .node.skip { --tone: var(--skip-fill); } .node.unfinished { --tone: var(--unfinished-fill); }
.node.skip { border-style: dashed; border-left-style: solid; }
.node.failed { background: color-mix(in srgb, var(--failed-fill) 8%, var(--card)); }
.node:hover { border-color: var(--soft); border-left-color: var(--tone); }
.node.selected { outline: 2px solid var(--accent); outline-offset: 1px; }
.node-name { display: flex; min-width: 0; } .node-name .mark { flex: none; } .node-name b { font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.node small { display: block; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-left: 1.6em; }
.node.failed small { color: var(--failed); }
.group { max-width: 100%; min-width: 260px; border: 1px solid var(--line); border-radius: 10px; background: color-mix(in srgb, var(--raise) 55%, transparent); padding: 8px 12px 12px; }
.group .group { background: var(--card); flex: none; }
.group.bad { border-color: color-mix(in srgb, var(--failed) 45%, var(--line)); }
.group-head { display: flex; gap: 10px; align-items: baseline; width: 100%; border: 0; background: none; padding: 0 0 8px; text-align: left; flex-wrap: wrap; }
.group-head b { font-weight: 600; }
.twist { color: var(--soft); transition: transform .12s; } [aria-expanded="true"] > .twist { transform: rotate(90deg); }
.fan { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; }
.rows { display: grid; gap: 8px; overflow-x: auto; padding: 2px; }
.row { display: flex; align-items: center; }
.row > .arrow { width: 22px; height: 1px; margin-right: 4px; }
.row > .arrow::after { bottom: -3px; left: auto; right: 0; transform: rotate(-45deg); }
.squares { display: flex; flex-wrap: wrap; gap: 3px; max-width: 1100px; }
.lane-squares { display: flex; flex-direction: column; gap: 1px; }
.square { width: 15px; height: 15px; border: 0; border-radius: 3px; padding: 0; }
.item-errors { margin: 10px 0 0; padding-left: 18px; color: var(--failed); font-size: 12.5px; overflow-wrap: anywhere; }
`;
