import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { jsonText } from '../journal/json-text.ts';
import { reportModel, type ReportInput } from './model.ts';
import { pageScript } from './page/index.ts';
import { pageStyle } from './style/index.ts';

/**
 * The report of a run: one HTML file that needs nothing else and asks no network (RPT-07). What the run said is in it as escaped JSON
 * only, and a content policy lets nothing run but the page's own script, so no prompt or label can change the page (RPT-06).
 */
export function renderReport(input: ReportInput): string {
  const model = reportModel(input);
  const policy = `default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src '${hashOf(pageStyle)}'; script-src '${hashOf(pageScript)}'`;
  const title = escapeHtml(`${model.run.name} · ${model.outcome.status}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${pageStyle}</style>
</head>
<body>
<noscript>This report draws itself with JavaScript: ${title}, ${model.nodes.length} nodes.</noscript>
<div id="app"></div>
<script type="application/json" id="data">${escapeJson(jsonText(model))}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

// Inside a script element only "<" could end it; ">" and "&" are for tools that treat the file as XML, the separators for old engines.
function escapeJson(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function hashOf(text: string): string {
  return `sha256-${btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))}`;
}
