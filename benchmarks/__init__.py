"""How long the commands take, beside AWS's own time and a script of one's own. See docs/performance.md."""
