"""What commands do, a file a command: logs, status, exec, pipeline, init, policy, sandbox."""
