"""Free stretches of time between bookings."""

from itertools import chain

Slot = tuple[int, int]


def check_bookings(bookings):
    for start, end in bookings:
        if end < start:
            raise ValueError(f"booking ends before it starts: ({start}, {end})")


def free_slots(opening, bookings, minimum=1) -> list[Slot]:
    if minimum < 1:
        raise ValueError("a slot lasts one minute at least")
    bookings = sorted(tuple(booking) for booking in bookings)
    check_bookings(bookings)
    free, closing = opening
    slots = []
    for start, end in bookings:
        if start == end:
            continue
        if min(start, closing) - free >= minimum:
            slots.append((free, min(start, closing)))
        free = max(free, end)
    if closing - free >= minimum:
        slots.append((free, closing))
    return slots


def first_common_slot(opening, calendars, length) -> Slot | None:
    slots = free_slots(opening, chain.from_iterable(calendars), length)
    return (slots[0][0], slots[0][0] + length) if slots else None
