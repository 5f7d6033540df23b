import { baseStyle } from './base.ts';
import { graphStyle } from './graph.ts';
import { panelStyle } from './panel.ts';
import { tableStyle } from './table.ts';
import { themeStyle } from './theme.ts';
import { timelineStyle } from './timeline.ts';

/** All of the report's style. */
export const pageStyle = [themeStyle, baseStyle, timelineStyle, graphStyle, tableStyle, panelStyle].join('');
