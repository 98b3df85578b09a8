"""Free stretches of time between bookings, by sweeping over a list of changes."""

from collections import Counter

Slot = tuple[int, int]


def sweep(opening, bookings, minimum):
    if minimum < 1:
        raise ValueError(f"bad minimum {minimum}")
    opens, closes = opening
    changes = Counter()
    for start, end in bookings:
        if end < start:
            raise ValueError(f"booking ends before it starts: {(start, end)}")
        start, end = max(start, opens), min(end, closes)
        if start < end:
            changes[start] += 1
            changes[end] -= 1
    if opens >= closes:
        return
    changes[closes] += 1
    busy, free_since = 0, opens
    for minute in sorted(changes):
        before, busy = busy, busy + changes[minute]
        if not before and busy:
            if minute - free_since >= minimum:
                yield free_since, minute
        elif before and not busy:
            free_since = minute


def free_slots(opening, bookings, minimum=1) -> list[Slot]:
    return list(sweep(opening, bookings, minimum))


def first_common_slot(opening, calendars, length) -> Slot | None:
    everything = [booking for calendar in calendars for booking in calendar]
    for start, _ in sweep(opening, everything, length):
        return start, start + length
    return None
