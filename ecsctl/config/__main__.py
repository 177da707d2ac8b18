"""`python -m ecsctl.config`: regenerate ecsctl.schema.json and docs/config.md's table of options from the model."""

from pathlib import Path

from ecsctl.config.json_schema import schema
from ecsctl.config.writing import SCHEMA, refreshed

if __name__ == "__main__":
    page = Path("docs/config.md")
    page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
    Path(SCHEMA).write_text(schema(), encoding="utf-8")
