"""Prices and delivery days of parcels: one base class with numbers, four carriers that fill them in."""

from abc import ABC, abstractmethod

CARRIERS: dict = {}


class register:
    def __init__(self, name):
        self.name = name

    def __call__(self, kind):
        if self.name in CARRIERS:
            raise ValueError("carrier exists: " + self.name)
        CARRIERS[self.name] = kind()
        return kind


class Carrier(ABC):
    fragile_fee = 0
    insured_up_to = None
    insured_per_cent = 100
    home_days = 1
    abroad_days = 0

    @abstractmethod
    def base(self, weight):
        """The price before extras."""

    def abroad(self, price):
        return price

    def accepts(self, parcel):
        return True

    def price(self, parcel):
        price = self.base(parcel["weight"])
        if parcel["country"] != "DE":
            price = self.abroad(price)
        if parcel.get("fragile"):
            price += self.fragile_fee
        if self.insured_up_to is not None and parcel["value"] > self.insured_up_to:
            price += (parcel["value"] - self.insured_up_to) // self.insured_per_cent
        return price

    def days(self, parcel):
        return self.home_days + (self.abroad_days if parcel["country"] != "DE" else 0)


@register("post")
class Post(Carrier):
    fragile_fee, insured_up_to, home_days, abroad_days = 150, 50000, 3, 4

    def accepts(self, parcel):
        return parcel["weight"] <= 20000

    def base(self, weight):
        if weight > 10000:
            return 990
        return 690 if weight > 2000 else 490

    def abroad(self, price):
        return 2 * price


@register("express")
class Express(Carrier):
    fragile_fee, insured_up_to, abroad_days = 300, 50000, 1

    def accepts(self, parcel):
        return parcel["weight"] <= 30000 and parcel["country"] in {"DE", "AT", "CH"}

    def base(self, weight):
        return 1290 - (-weight // 1000) * 80

    def abroad(self, price):
        return price + 900


@register("freight")
class Freight(Carrier):
    insured_up_to, insured_per_cent, home_days, abroad_days = 200000, 200, 5, 5

    def accepts(self, parcel):
        return parcel["weight"] >= 15000

    def base(self, weight):
        return 4900 + (weight - 15000) // 5000 * 700

    def abroad(self, price):
        return price * 3 // 2


@register("pickup")
class Pickup(Carrier):
    def accepts(self, parcel):
        return parcel["country"] == "DE"

    def base(self, weight):
        return 0

    def days(self, parcel):
        return sum((1, parcel["weight"] > 31500, bool(parcel.get("fragile"))))


def quote(carrier, parcel):
    try:
        chosen = CARRIERS[carrier]
    except KeyError:
        raise ValueError("unknown carrier " + carrier) from None
    if not chosen.accepts(parcel):
        raise ValueError("cannot ship by " + carrier)
    return chosen.price(parcel), chosen.days(parcel)


def _ranked(parcel, key, limit=float("inf")):
    quotes = {}
    for name in CARRIERS:
        try:
            quotes[name] = quote(name, parcel)
        except ValueError:
            pass
    names = [name for name in quotes if quotes[name][0] <= limit]
    names.sort(key=lambda name: key(*quotes[name]))
    return names[0] if names else None


def cheapest(parcel):
    return _ranked(parcel, lambda price, days: (price, days))


def fastest(parcel, limit=None):
    return _ranked(parcel, lambda price, days: (days, price), float("inf") if limit is None else limit)


def label(carrier, parcel):
    price, days = quote(carrier, parcel)
    words = [carrier.upper(), parcel["country"], "%d.%02d" % divmod(price, 100), str(days), "day" if days == 1 else "days"]
    if parcel.get("fragile"):
        words.append("FRAGILE")
    return " ".join(words)
