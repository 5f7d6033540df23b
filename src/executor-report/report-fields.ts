/** Names at the top of executors' reports that are the executor's own: no part of what an agent replied. */
export const reportFields = new Set(
  [
    'ok backend runtime model action session state exit_code run_id thread_id thread_path summary artifacts adapter error record wait execute start send',
    'driver dispatch_id pid started_ms ended_ms effort permission usage cost warnings notes changed_files pending_user_input stderr_tail',
    'last_agent_message lastAgentMessage message text stdout stdout_tail agent_messages codex structured_output rejected_output raw_report rawReport',
  ].flatMap((line) => line.split(' ')),
);
