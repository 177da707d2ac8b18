"""Programs that run in CodeBuild, by its own Python and AWS CLI: they are read as text, and import nothing here."""
