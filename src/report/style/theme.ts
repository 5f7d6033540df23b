const light = `
  --back: #f6f7f9; --card: #ffffff; --raise: #f0f2f5; --line: #dde1e7; --text: #1c2430; --soft: #667085; --accent: #3b5bdb;
  --ok: #1f8a4c; --failed: #c92a2a; --running: #1971c2; --skip: #7048a8; --unfinished: #a86400;
  --ok-fill: #3fb26b; --failed-fill: #e5484d; --running-fill: #4c9be8; --skip-fill: #b197d6; --unfinished-fill: #e0a63c;
  --plus: #e3f6ea; --minus: #fdeaea; --hunk: #e8eefc; --shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 1px 3px rgb(16 24 40 / 8%);
  color-scheme: light;`;

const dark = `
  --back: #0e1116; --card: #161b22; --raise: #1f2630; --line: #2b333f; --text: #e3e8ef; --soft: #8b97a7; --accent: #8aa4ff;
  --ok: #4cc38a; --failed: #ff7b7f; --running: #6cb6ff; --skip: #bfa5ea; --unfinished: #e3b341;
  --ok-fill: #2f9e62; --failed-fill: #d9484d; --running-fill: #2f7fd0; --skip-fill: #7a5cad; --unfinished-fill: #b98421;
  --plus: #12301f; --minus: #3a181b; --hunk: #1a2540; --shadow: none;
  color-scheme: dark;`;

/** Colours, dark and light: by the reader's system, or as the button says. */
export const themeStyle = `
:root {${light}
}
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {${dark}
} }
:root[data-theme="dark"] {${dark}
}
`;
