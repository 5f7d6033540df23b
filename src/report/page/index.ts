import { baseScript } from './base.ts';
import { diffScript } from './diff.ts';
import { graphScript } from './graph.ts';
import { headerScript } from './header.ts';
import { logScript } from './log.ts';
import { mainScript } from './main.ts';
import { panelScript } from './panel.ts';
import { tableScript } from './table.ts';
import { timelineScript } from './timeline.ts';
import { totalsScript } from './totals.ts';

/** The browser code of the report, one script. Each part is plain JavaScript in a string, so that it reaches the page as it was written. */
export const pageScript = `(() => {
'use strict';
${[baseScript, headerScript, totalsScript, timelineScript, graphScript, tableScript, diffScript, panelScript, logScript, mainScript].join('')}
})();`;
