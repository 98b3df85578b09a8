"""A year of full calendars: what the instructions promise to be quick."""

from slots import first_common_slot, free_slots


def bookings(count, first):
    return [((first + number * 7919) % 500_000, (first + number * 7919) % 500_000 + 3) for number in range(count)]


def heavy():
    free = free_slots((0, 600_000), bookings(100_000, 5), 2)
    shared = first_common_slot((0, 600_000), (bookings(30_000, person) for person in range(4)), 7)
    return free, shared
