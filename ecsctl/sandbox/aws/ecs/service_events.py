"""The events of a service, the newest first."""

import math
from collections import Counter

from ecsctl.sandbox.aws.ecs.outside import Signal
from ecsctl.sandbox.aws.ecs.state import Service

EVENTS = 100  # API reference, Service: "A maximum of 100 of the latest events are displayed"
SILENCE = 6 * 3600.0  # ECS guide, "Service event messages": the same message is not repeated for six hours


def say(service: Service, t: float, text: str, repeat: bool = True) -> None:
    """Add an event. Without `repeat`, the same message is dropped for six hours, or until its cause is resolved."""
    message = f"(service {service.name}) {text}"
    if not repeat:
        if t - service.recent_messages.get(message, -math.inf) < SILENCE:
            return
        service.recent_messages[message] = t
    service.events.insert(0, (t, message))
    del service.events[EVENTS:]


def say_targets(service: Service, t: float, signals: list[Signal]) -> None:
    """Add one event for all targets that were registered at once, and likewise for deregistered and draining ones."""
    counts = Counter(signal for signal in signals if signal[0] in ("registered", "deregistered", "draining"))
    for (kind, arn), count in counts.items():
        if kind == "draining":
            say(service, t, f"has begun draining connections on {count} tasks.")
        else:
            say(service, t, f"{kind} {count} targets in (target-group {arn})")
