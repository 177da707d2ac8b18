"""What takes its time: the newcomer's round as real processes, and a search in all that every command says."""

from tests.commands.conftest import folder as folder
from tests.commands.conftest import process as process
