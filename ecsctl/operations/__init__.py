"""What the commands do, one file per command: logs, status, exec, pipeline, init, policy, sandbox."""
