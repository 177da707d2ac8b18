"""Programs that run in CodeBuild, by its own Python and AWS CLI: they are read as text, and import nothing here.

A build gets one of them, and nothing beside it: what they have in common stands in each.
"""
