import type { Command } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { OdwError } from '../../src/errors/error.ts';
import { printJson, printText } from '../print.ts';

interface DoctorFlags {
  path: string;
  claudeBin: string;
  codexctlBin: string;
  pandacodeBin?: string;
  json?: boolean;
  live?: boolean;
}

/** Adds `odw doctor`. Exit 1 when a hard check fails: node or pandacode (DOC-02). */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what runs need: node, pandacode, the agents and their logins, the engine')
    .option('--path <dir>', 'project directory', '.')
    .option('--claude-bin <bin>', 'Claude Code', 'claude')
    .option('--codexctl-bin <bin>', 'codexctl', 'codexctl')
    .option('--pandacode-bin <bin>', 'executor; default: $ODW_PANDACODE_BIN, else the pandacode beside odw, else PATH')
    .option('--live', 'also make one tiny model call per ready runtime')
    .option('--json', 'print one JSON object')
    .action(async ({ json, ...flags }: DoctorFlags) => {
      const [{ diagnose }, { doctorText }] = await Promise.all([import('../doctor/diagnose.ts'), import('../doctor/text.ts')]);
      const diagnosis = await diagnose({ ...flags, env: process.env, version: pkg.version });
      if (json) printJson(JSON.stringify(diagnosis, null, 2));
      else printText(`${doctorText(diagnosis)}\n`);
      if (!diagnosis.ok) {
        throw new OdwError('doctor-failed', 'odw doctor checks failed; see report above', { next: diagnosis.decision });
      }
    });
}
