#!/bin/sh
# Counts its starts and ends, and works for as long as its prompt says. "$p" is "<name> <seconds>".
f=$(echo "$*" | sed 's/.*--task-file \([^ ]*\).*/\1/')
p=$(head -1 "$f")
echo "$p" >> "$CHAOS_DIR/starts"
date +%s%3N >> "$CHAOS_DIR/start-times"
case "$p" in tree*) echo "$p" > "made by ${p%% *}.txt" ;; esac
sleep "${p##* }"
echo "$p" >> "$CHAOS_DIR/ends"
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":3}}\n' "$p"
