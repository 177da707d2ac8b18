"""What `ecsctl init` finds out about a repository by reading it. Nothing here runs, changes or downloads anything."""
