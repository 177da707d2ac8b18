"""Every changing call of a clean `up` and of a clean `down`, with every fault. Each case is a fork of the same run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ecsctl.aws.patience import Clock
from ecsctl.errors import EcsctlError
from tests.crash.branch import Branch, Ended, branch
from tests.crash.conftest import Part, Struck
from tests.crash.faults import Fault, Make, Script, at_work
from tests.crash.table import COMPLETE, SEED, Tally
from tests.stack.conftest import World

Account = dict[str, Any]
Check = Callable[[], None]

_reference: dict[str, Any] = {}  # the same for every test of a process: ids and times are not in it
A_WHILE = 3600.0  # seconds in which the execution that a new pipeline begins by itself has surely ended

HOLDS = {  # what each check says, in the words of the table
    "up_again": "the next `up` finishes",
    "up_anew": "the next `up` makes all anew",
    "down_again": "the next `down` leaves what was there before",
    "up_and_down_again": "the next `up` finishes, and `down` leaves what was there before",
    "up_again_at_rest": "the next `up` finishes",
    "must_be_up_at_rest": "that very run succeeds",
    "must_be_up": "that very run succeeds",
    "must_be_up_perhaps_registered_twice": "that very run succeeds",
    "must_be_gone": "that very run succeeds",
    "down_on_both": "`down` on both leaves what was there before",
}


class Matrix:
    """The account before, and account and state file after a clean `up`: cases are compared with them.

    `up` is the command, if it is not that of the usual configuration.
    """

    def __init__(self, world: Struck, tally: Tally, up: Callable[[], Any] | None = None) -> None:
        self.world, self.tally, self.up = world, tally, up or world.up
        self.before: Account = world.exact()
        name = f"{self.up.__qualname__} {world.stack}"
        if name not in _reference:
            ended = branch(self._clean)
            assert not ended.failure, ended.failure
            _reference[name] = ended.value
        self.clean, self.clean_state_file, self.changes, self.clean_at_rest = _reference[name]

    def _clean(self) -> Any:
        world = self.world
        self.up()
        account = world.account()
        assert account.keys() == World.account(world).keys(), "a run has made something in another region"
        written, changes = world.written(), world.changes
        world.clock.sleep(A_WHILE)
        return account, written, changes, world.account()

    def must_be_up(self) -> None:
        """Account and state file equal those of a clean `up`."""
        _equal(unlike(self.clean, self.world.account(), "account"))
        _equal(unlike(self.clean_state_file, self.world.written(), "state file"))

    def must_be_up_at_rest(self) -> None:
        """Like `must_be_up`, after waiting until the pipeline has finished: it may have deployed."""
        self.world.clock.sleep(A_WHILE)
        _equal(unlike(self.clean_at_rest, self.world.account(), "account"))
        _equal(unlike(self.clean_state_file, self.world.written(), "state file"))

    def up_again_at_rest(self) -> None:
        self.world.up()
        self.must_be_up_at_rest()

    def must_be_up_anew(self, revisions: int = 1, *, updated_once: bool = True) -> None:
        """Like `must_be_up`, except that revision numbers never restart (ECS API, "RegisterTaskDefinition")."""
        found = self.world.account()
        numbered = _any_revision if updated_once else _any_version
        _equal(unlike(numbered(self.clean), numbered(found), "account"))
        assert _revisions(found) <= revisions
        _equal(unlike(self.clean_state_file, self.world.written(), "state file"))

    def must_be_gone(self) -> None:
        """The account equals the one before in every field, and the state file is empty."""
        _equal(unlike(self.before, self.world.exact(), "account"))
        _equal(unlike({}, self.world.written(), "state file"))

    def up_again(self) -> None:
        self.up()
        self.must_be_up()

    def must_be_up_perhaps_registered_twice(self) -> None:
        """Nothing makes RegisterTaskDefinition safe from being delivered twice: a second, unused revision may stay.

        UpdatePipeline counts each delivery (CodePipeline API, "UpdatePipeline": it increases the version by 1).
        """
        self.must_be_up_anew(revisions=2, updated_once=False)

    def up_anew(self) -> None:
        self.world.up()
        self.must_be_up_anew()

    def down_again(self) -> None:
        self.world.down()
        self.must_be_gone()

    def up_and_down_again(self) -> None:
        self.up_again()
        self.down_again()

    def killed(
        self,
        run: Callable[[], Any],
        deaths: Iterable[str],
        then: Check,
        part: Part,
        also: str = "",
        *,
        by_kind: bool = False,
    ) -> list[str]:
        """Kill the run at each change of the part, and do `then` in what is left: in each of the ways in the complete
        matrix, else in one after the other, from change to change.

        `also` says what else happens. `by_kind`: unless the matrix is complete, of the calls that a kind of resource is
        made or removed by only the first counts, and the first by another operation. Returns what failed.
        """
        failures: list[str] = []
        ways = tuple(deaths)
        first: list[tuple[str, str]] = []

        def fault_at(number: int, _different: int | None) -> Fault | None:
            return at_the_first if by_kind and not COMPLETE else branch_off if within(number, part) else None

        def at_the_first(make: Make, operation: str, clock: Clock) -> Any:
            kind, _ = at_work()
            if (kind, operation) in first or [one for one, _ in first].count(kind) == 2:
                return make()
            first.append((kind, operation))
            return branch_off(make, operation, clock) if within(len(first), part) else make()

        def branch_off(make: Make, operation: str, _clock: Clock) -> Any:
            for death in ways if COMPLETE else [ways[(script.changes + SEED) % len(ways)]]:

                def in_what_is_left(death: str = death) -> None:
                    self.world.script = Script()
                    if death == "killed after":
                        with suppress(ClientError):
                            make()
                    then()

                ended = branch(in_what_is_left)
                failures.extend(
                    self._counted(death + also, run, then, ended, f"{operation}, change {script.changes - 1}")
                )
            return make()

        script = Script(fault_at)
        self.world.struck(run, script)
        assert script.happened > 0
        return failures

    def outlived(self, run: Callable[[], Any], name: str, fault: Fault, holds: Check, part: Part) -> list[str]:
        """Let the fault happen to the different changes of the part, all in one run, which must succeed like a clean
        one.
        """

        def fault_at(_number: int, different: int | None) -> Fault | None:
            return fault if different is not None and within(different, part) else None

        def body() -> None:
            script = Script(fault_at)
            self.world.struck(run, script)
            holds()
            assert script.happened > 0

        where = f"at each change of part {part}, in one run"
        return self._counted(f"{name}, at each in one run", run, holds, branch(body), where)

    def outlived_each(self, run: Callable[[], Any], name: str, fault: Fault, holds: Check, part: Part) -> list[str]:
        """Let the fault happen to one change of the part, in a run of its own for each, which continues in a fork."""

        def strike(_script: Script, _number: int) -> Fault:
            return fault

        def due(_number: int, different: int | None) -> bool:
            return different is not None and within(different, part)

        return self._each(run, name, strike, due, holds, holds)

    def ended(
        self,
        run: Callable[[], Any],
        name: str,
        fault: Fault,
        then: Check,
        part: Part,
        *,
        reads: bool,
        well: Check | None = None,
    ) -> list[str]:
        """From each change of the part on, all fails: the run must end with a reason, and `then` must repair it.

        That it ends well is a failure, unless there is a check for it.
        """

        def strike(script: Script, number: int) -> Fault:
            script.lasting, script.since, script.reads = fault, number, reads
            return fault

        def due(number: int, _different: int | None) -> bool:
            return within(number, part)

        def ended_well() -> None:
            raise AssertionError("ended well although nothing worked any more")

        return self._each(run, f"{name}, from there on", strike, due, well or ended_well, then, reason=True)

    def met(self, run: Callable[[], Any], kinds: set[str], name: str, fault: Fault, holds: Check) -> list[str]:
        """Let the fault happen to the call that makes the first of each of these kinds, in a run for each, which ends
        well or with a reason.
        """
        left = set(kinds)

        def due(_number: int, _different: int | None) -> bool:
            kind, verb = at_work()
            here = verb == "create" and kind in left
            left.discard(kind if here else "")
            return here

        failures = self._each(run, name, lambda _script, _number: fault, due, holds, holds, reason=True)
        assert not left, f"none of them is made: {left}"
        return failures

    def _each(
        self,
        run: Callable[[], Any],
        name: str,
        strike: Callable[[Script, int], Fault],
        due: Callable[[int, int | None], bool],
        well: Check,
        holds: Check,
        *,
        reason: bool = False,
    ) -> list[str]:
        """At each change that is due the run goes on in a branch, where it is struck; `well` checks it if it ends well.

        With `reason` it may end with an error of ours that has an exit code, and then `holds` checks it.
        """
        failures: list[str] = []
        one: list[Branch] = []  # in a branch: itself

        def fault_at(number: int, different: int | None) -> Fault | None:
            return branch_off if not one and due(number, different) else None

        def branch_off(make: Make, operation: str, clock: Clock) -> Any:
            here = Branch()
            if here.is_child:
                one.append(here)
                return strike(script, script.changes - 1)(make, operation, clock)
            where = f"{operation}, change {script.changes - 1}"
            failures.extend(self._counted(name, run, holds, here.ended(), where))
            return make()

        script = Script(fault_at)
        try:
            self.world.struck(run, script)
        except BaseException as error:
            if not one:
                raise
            last = holds if reason and isinstance(error, EcsctlError) and error.exit_code else partial(_raise, error)
            one[0].end(last)
        if one:
            one[0].end(well)
        assert script.happened > 0
        return failures

    def _counted(self, what: str, run: Callable[[], Any], holds: Check, ended: Ended, where: str) -> list[str]:
        """Count the case in the table."""
        failures = [f"{what}: {where}: {ended.failure}"] if ended.failure else []
        return self.tally.add(what, run.__name__, HOLDS.get(holds.__name__, holds.__name__), failures)


def within(number: int, part: Part) -> bool:
    """Whether the case belongs to the part."""
    return number % part[1] == part[0]


def unlike(wanted: Any, found: Any, where: str) -> list[str]:
    """Return where two values differ, one line per place."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = sorted(wanted.keys() | found.keys())
        return [line for name in names for line in unlike(wanted.get(name), found.get(name), f"{where}.{name}")]
    if isinstance(wanted, list) and isinstance(found, list):
        missing = [one for one in wanted if one not in found]
        surplus = [one for one in found if one not in wanted]
        if len(missing) == len(surplus):
            pairs = zip(missing, surplus, strict=True)
            return [line for one, other in pairs for line in unlike(one, other, f"{where}[{_name(one)}]")]
        return [f"{where}: missing {_short(one)}" for one in missing] + [
            f"{where}: surplus {_short(one)}" for one in surplus
        ]
    return [] if wanted == found else [f"{where}: {_short(found)}, not {_short(wanted)}"]


def _raise(error: BaseException) -> None:
    raise error


def _any_revision(account: Account) -> Any:
    text = re.sub(r"(task-definition/hello(?:_[a-z]+)?):[0-9]+", r"\1:~", json.dumps(account))
    return json.loads(re.sub(r'"revision": [0-9]+', '"revision": 0', text))


def _any_version(account: Account) -> Any:
    found = _any_revision(account)
    for kinds in found.values():
        text = re.sub(r'"version": [0-9]+', '"version": 0', json.dumps(kinds.get("pipelines", [])))
        kinds["pipelines"] = json.loads(text)
    return found


def _revisions(account: Account) -> int:
    """Return the number of revisions of the process with the most."""
    found = [one for kinds in account.values() for one in kinds.get("task definitions", [])]
    return max(Counter(re.findall(r"task-definition/(hello(?:_[a-z]+)?):", " ".join(str(one["id"]) for one in found)))
               .values(), default=0)  # fmt: skip


def _name(value: Any) -> str:
    return str(value.get("id", "")) if isinstance(value, dict) else ""


def _short(value: Any) -> str:
    return json.dumps(value)[:300]


def _equal(unlike: list[str]) -> None:
    """Fail with the differences."""
    if unlike:
        raise AssertionError(f"{len(unlike)} differences\n" + "\n".join(unlike[:8]))
