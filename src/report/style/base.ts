/** Page, header, cards, tabs, small things. */
export const baseStyle = `
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body { margin: 0; background: var(--back); color: var(--text); }
main { max-width: 1480px; margin: 0 auto; padding: 20px 24px 40px; display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); }
body.with-panel main { margin-right: min(560px, 46vw); margin-left: 0; max-width: none; }
h1, h2, h3, p { margin: 0; }
h1 { font-size: 22px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 12px; font-weight: 600; color: var(--soft); text-transform: uppercase; letter-spacing: .06em; }
h3 { font-size: 13px; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
code, pre, .log { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 12.5px; }
.grow { flex: 1; }
.soft, .hint { color: var(--soft); }
.hint { font-size: 12px; margin-top: 6px; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bad-text { color: var(--failed); }
.offscreen { position: fixed; left: -999px; }
.empty { color: var(--soft); padding: 24px 0; text-align: center; }
.mark { display: inline-block; width: 1.3em; text-align: center; font-weight: 700; }
.mark.ok, .plus > .n { color: var(--ok); } .mark.failed { color: var(--failed); } .mark.running { color: var(--running); }
.mark.skip { color: var(--skip); } .mark.unfinished { color: var(--unfinished); }
.fill.ok, .bar.ok, .square.ok { background: var(--ok-fill); } .fill.failed, .bar.failed, .square.failed { background: var(--failed-fill); }
.fill.running, .bar.running, .square.running { background: var(--running-fill); } .fill.skip, .bar.skip, .square.skip { background: var(--skip-fill); }
.fill.unfinished, .bar.unfinished, .square.unfinished { background: var(--unfinished-fill); }

.title { display: flex; align-items: center; gap: 12px; flex-wrap: wrap; }
.note { color: var(--soft); }
.pill { display: inline-flex; align-items: center; gap: 7px; padding: 3px 11px; border-radius: 99px; font-weight: 600; font-size: 13px; color: var(--tone); background: color-mix(in srgb, var(--tone) 14%, transparent); white-space: nowrap; }
.pill i { width: 8px; height: 8px; border-radius: 50%; background: var(--tone); }
.pill.ok { --tone: var(--ok); } .pill.failed { --tone: var(--failed); } .pill.cancelled { --tone: var(--failed); } .pill.mixed, .pill.open, .pill.unfinished { --tone: var(--unfinished); }
.pill.running { --tone: var(--running); } .pill.skip { --tone: var(--skip); }
.tag { font-size: 12px; padding: 1px 8px; border: 1px dashed var(--soft); border-radius: 6px; color: var(--soft); }
.small { font-size: 12px; padding: 3px 9px; border: 1px solid var(--line); border-radius: 6px; background: var(--card); text-decoration: none; color: var(--text); }
.small:hover, .chip:hover { border-color: var(--soft); }
.facts { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 12px 0 0; }
.facts div { min-width: 0; max-width: 100%; }
.facts dt { font-size: 11px; color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.box, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; box-shadow: var(--shadow); min-width: 0; }
.box.bad { border-color: color-mix(in srgb, var(--failed) 55%, var(--line)); }
.box.bad h2 { color: var(--failed); }
.box > h2 + *, details > summary + * { margin-top: 10px; }
summary { cursor: pointer; } summary h2 { display: inline; }
.cards { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); align-items: start; }
.cards .card { height: 100%; max-height: 320px; overflow: auto; }
.big { font-size: 28px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; margin: 2px 0 8px; }
.big .soft { font-size: 15px; font-weight: 400; }
.stack { display: flex; gap: 2px; height: 8px; border-radius: 5px; overflow: hidden; background: var(--raise); }
.stack .fill { min-width: 3px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; margin: 10px 0 0; }
.mini { width: 100%; border-collapse: collapse; }
.mini th { text-align: left; font-weight: 500; padding: 3px 10px 3px 0; max-width: 190px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.mini th.num { text-align: right; padding-right: 0; }
.mini thead th { color: var(--soft); font-size: 11px; font-weight: 500; }
.mini td { padding: 3px 0 3px 10px; vertical-align: baseline; }
.mini thead th:nth-child(2) { padding-left: 10px; }
.barcell { width: 35%; } .meter { display: block; height: 6px; border-radius: 3px; background: var(--accent); min-width: 2px; opacity: .75; }

.text { margin: 0; padding: 10px 12px; background: var(--raise); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 420px; overflow: auto; }
.text.tall { max-height: 70vh; white-space: pre; overflow-wrap: normal; }
.tabs { display: flex; gap: 4px; border-bottom: 1px solid var(--line); margin: -4px 0 14px; }
.tabs button { border: 0; background: none; padding: 7px 12px; color: var(--soft); border-bottom: 2px solid transparent; margin-bottom: -1px; font-weight: 500; }
.tabs button[aria-selected="true"] { color: var(--text); border-color: var(--accent); }
.tools { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-bottom: 12px; }
.log { list-style: none; margin: 0; padding: 0; max-height: 70vh; overflow: auto; }
.log li { display: grid; grid-template-columns: 84px 22px 1fr; padding: 2px 0; }
.log time { color: var(--soft); text-align: right; padding-right: 10px; } .log-kind { color: var(--soft); }
.log-text { white-space: pre-wrap; overflow-wrap: anywhere; }
.log .error, .log .stderr { color: var(--failed); } .log .phase { font-weight: 700; padding-top: 8px; }
footer { color: var(--soft); font-size: 12px; text-align: center; padding-top: 8px; }
@media (max-width: 700px) { main { padding: 14px 12px 30px; } }
`;
