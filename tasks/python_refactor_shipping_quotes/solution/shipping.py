"""Prices and delivery days of parcels. A parcel is a dict: weight in grams, country, value in cents, and maybe fragile."""

CARRIERS = {}
HOME = "DE"


def register(name):
    """Puts an instance of the decorated class among the carriers."""

    def add(kind):
        if name in CARRIERS:
            raise ValueError(f"carrier exists: {name}")
        CARRIERS[name] = kind()
        return kind

    return add


def is_abroad(parcel):
    return parcel["country"] != HOME


def insurance(parcel, free, share):
    """One cent for each `share` cents of value above `free`."""
    return max(0, parcel["value"] - free) // share


@register("post")
class Post:
    steps = ((10000, 990), (2000, 690), (-1, 490))

    def accepts(self, parcel):
        return parcel["weight"] <= 20000

    def price(self, parcel):
        price = next(price for above, price in self.steps if parcel["weight"] > above)
        if is_abroad(parcel):
            price *= 2
        return price + (150 if parcel.get("fragile") else 0) + insurance(parcel, 50000, 100)

    def days(self, parcel):
        return 7 if is_abroad(parcel) else 3


@register("express")
class Express:
    def accepts(self, parcel):
        return parcel["weight"] <= 30000 and parcel["country"] in (HOME, "AT", "CH")

    def price(self, parcel):
        price = 1290 + (parcel["weight"] + 999) // 1000 * 80 + insurance(parcel, 50000, 100)
        return price + (900 if is_abroad(parcel) else 0) + (300 if parcel.get("fragile") else 0)

    def days(self, parcel):
        return 2 if is_abroad(parcel) else 1


@register("freight")
class Freight:
    def accepts(self, parcel):
        return parcel["weight"] >= 15000

    def price(self, parcel):
        price = 4900 + (parcel["weight"] - 15000) // 5000 * 700
        if is_abroad(parcel):
            price += price // 2
        return price + insurance(parcel, 200000, 200)

    def days(self, parcel):
        return 10 if is_abroad(parcel) else 5


@register("pickup")
class Pickup:
    def accepts(self, parcel):
        return not is_abroad(parcel)

    def price(self, parcel):
        return 0

    def days(self, parcel):
        return 1 + (parcel["weight"] > 31500) + bool(parcel.get("fragile"))


def quote(carrier, parcel):
    """The price in cents and the days for one carrier."""
    if carrier not in CARRIERS:
        raise ValueError(f"unknown carrier {carrier}")
    made = CARRIERS[carrier]
    if not made.accepts(parcel):
        raise ValueError(f"cannot ship by {carrier}")
    return made.price(parcel), made.days(parcel)


def offers(parcel):
    """(price, days, name) of every carrier that takes the parcel."""
    return [(*quote(name, parcel), name) for name, carrier in CARRIERS.items() if carrier.accepts(parcel)]


def best_name(offered, key):
    return min(offered, key=key)[2] if offered else None


def cheapest(parcel):
    """The name of the carrier with the lowest price; of equal prices, the faster one; then the first."""
    return best_name(offers(parcel), lambda offer: offer[:2])


def fastest(parcel, limit=None):
    """The name of the carrier with the fewest days whose price is at most the limit; of equal days, the cheaper; then the first."""
    affordable = [offer for offer in offers(parcel) if limit is None or offer[0] <= limit]
    return best_name(affordable, lambda offer: (offer[1], offer[0]))


def label(carrier, parcel):
    """One line for the parcel's label."""
    price, days = quote(carrier, parcel)
    unit = "day" if days == 1 else "days"
    text = f"{carrier.upper()} {parcel['country']} {price // 100}.{price % 100:02d} {days} {unit}"
    return text + (" FRAGILE" if parcel.get("fragile") else "")
