import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../system/files.ts';
import { ensureDirectory } from '../../state/layout.ts';
import { lastLines } from '../../events/last-lines.ts';

const longestId = 160;

/** The name of a run: a new one, or one that goes on from another. */
export function bambooRunId(previous: string | null, nowMs: number): string {
  if (!previous) return `run-${process.pid}-${nowMs}`;
  const base = previous.length > longestId ? previous.replace(/(?:-resume-\d+)+$/, '') : previous;
  return `${base}-resume-${nowMs}`;
}

/** Where the files of a run lie. */
export function runFolder(stateDir: string, runId: string): string {
  return join(stateDir, 'bamboo', 'runs', runId);
}

export function runFiles(stateDir: string, runId: string) {
  const folder = runFolder(stateDir, runId);
  return {
    folder,
    events: join(folder, 'events.jsonl'),
    report: join(folder, 'report.json'),
    metadata: join(folder, 'metadata.json'),
    transcript: join(folder, 'transcript.jsonl'),
    resumeContext: join(folder, 'resume-context.md'),
    background: join(stateDir, 'bamboo', 'background', runId),
  };
}

/** Makes a run's folder and points `latest` at it. */
export function beginRunFolder(stateDir: string, runId: string, metadata: Record<string, unknown>): ReturnType<typeof runFiles> {
  const files = runFiles(stateDir, runId);
  ensureDirectory(files.folder);
  writeFileAtomic(join(stateDir, 'bamboo', 'runs', 'latest'), `${runId}\n`, { mode: 0o600 });
  writeFileAtomic(files.metadata, `${JSON.stringify(metadata, null, 2)}\n`, { mode: 0o600 });
  return files;
}

/** Whether there is anything that a later run could go on from. */
export function canResumeFrom(stateDir: string, runId: string): boolean {
  const files = runFiles(stateDir, runId);
  return existsSync(files.transcript) || existsSync(files.resumeContext);
}

/** What is known of a run whose transcript is gone. */
export function readResumeContext(stateDir: string, runId: string): string | undefined {
  try {
    return readFileSync(runFiles(stateDir, runId).resumeContext, 'utf8');
  } catch {
    return undefined;
  }
}

/** Keeps what a later run needs when the transcript is lost. */
export function writeResumeContext(
  files: ReturnType<typeof runFiles>,
  about: { memory: string; state: string; changedFiles: string[]; verification: unknown[]; usage: unknown },
): void {
  const text = [
    '# Working memory',
    about.memory || '(none)',
    '# Final state',
    about.state,
    '# Changed files',
    about.changedFiles.join('\n') || '(none)',
    '# Verification',
    JSON.stringify(about.verification),
    '# Usage',
    JSON.stringify(about.usage),
    '# Last events',
    ...lastLines(files.events, 80).map((line) => line.slice(0, 400)),
  ].join('\n');
  writeFileAtomic(files.resumeContext, `${text}\n`, { mode: 0o600 });
}

/** Forgets the conversation of a run that keeps none. */
export function forgetConversation(files: ReturnType<typeof runFiles>): void {
  rmSync(files.transcript, { force: true });
  rmSync(files.resumeContext, { force: true });
}
