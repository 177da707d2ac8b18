"""What Fargate and its services allow: task sizes, and percentages that leave room to deploy. Pure."""

MEMORY = {  # MiB that go with so many CPU units
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
    32768: (61440, 122880, 249856),
}
"""AWS documentation: Amazon ECS Developer Guide, "Task definition parameters", task size. The last row came in 2026
(aws-cloudformation/cfn-lint#4668)."""


NO_FARGATE_ARM = frozenset({"use1-az3"})
"""Zones, by id, without ARM64: AWS documentation, "Amazon ECS task definitions for 64-bit ARM workloads"."""

CONSTRAINED = frozenset({"use1-az3", "usw1-az2", "cac1-az3", "apne1-az3"})
"""Zones, by id, that old accounts still have, and where AWS offers less: no NAT gateway, or no new subnet at all (EKS
guide, "View Amazon EKS networking requirements"; aws/aws-cdk#6015, sysdiglabs/terraform-aws-secure-for-cloud#52).
"""


def fargate_pair(cpu: int, memory: int) -> None:
    """Check a task's size, in CPU units (1024 are one vCPU) and MiB. Raises ValueError saying what would be valid."""
    if cpu not in MEMORY:
        raise ValueError(
            f"cpu = {cpu} is not a Fargate size: choose one of {', '.join(map(str, MEMORY))} (1024 are one vCPU)"
        )
    if memory not in MEMORY[cpu]:
        raise ValueError(f"memory = {memory} cannot be combined with cpu = {cpu}: choose {_listed(MEMORY[cpu])} (MiB)")


def percentages(desired: int, minimum: int, maximum: int) -> None:
    """Check that a rolling deployment can take its first step. Raises ValueError saying why it cannot.

    During a deployment ECS keeps at least ⌈minimum % of desired⌉ tasks running, and at most ⌊maximum % of desired⌋
    running or pending (AWS documentation: API reference, DeploymentConfiguration). Without room between the two it can
    neither stop an old task nor start a new one, and waits forever; AWS itself refuses only the pair 100/100.
    """
    if not 0 <= minimum <= maximum:
        raise ValueError(f"a minimum of {minimum} % and a maximum of {maximum} %: not 0 ≤ minimum ≤ maximum")
    floor, ceiling = -(-desired * minimum // 100), desired * maximum // 100
    if desired and ceiling <= floor:
        raise ValueError(
            f"with {desired} task{'' if desired == 1 else 's'}, a minimum of {minimum} % keeps {floor} running and "
            f"a maximum of {maximum} % allows {ceiling}: a deployment could neither stop an old task nor start a "
            "new one. 100 and 200 always work; 0 and 100 stop the old tasks first"
        )


def _listed(values: tuple[int, ...]) -> str:
    if len(values) > 7:
        return f"{values[0]} to {values[-1]} in steps of {values[1] - values[0]}"
    return f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
