"""Free stretches of time between bookings."""

Slot = tuple[int, int]


def free_slots(opening, bookings, minimum=1) -> list[Slot]:
    raise NotImplementedError


def first_common_slot(opening, calendars, length) -> Slot | None:
    raise NotImplementedError
