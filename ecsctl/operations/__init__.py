"""The work behind the commands, one file per command: logs, status, exec, pipeline, init, policy, sandbox."""
