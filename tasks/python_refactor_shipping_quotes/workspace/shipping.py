"""Prices and delivery days of parcels. A parcel is a dict: weight in grams, country, value in cents, and maybe fragile."""


def quote(carrier, parcel):
    """The price in cents and the days for one carrier."""
    weight = parcel["weight"]
    if carrier == "post":
        if weight > 20000:
            raise ValueError("cannot ship by post")
        price = 490
        if weight > 2000:
            price = 690
        if weight > 10000:
            price = 990
        days = 3
        if parcel["country"] != "DE":
            price = price * 2
            days = days + 4
        if parcel.get("fragile"):
            price = price + 150
        if parcel["value"] > 50000:
            price = price + (parcel["value"] - 50000) // 100
    elif carrier == "express":
        if weight > 30000 or parcel["country"] not in ("DE", "AT", "CH"):
            raise ValueError("cannot ship by express")
        price = 1290 + (weight + 999) // 1000 * 80
        days = 1
        if parcel["country"] != "DE":
            price = price + 900
            days = days + 1
        if parcel.get("fragile"):
            price = price + 300
        if parcel["value"] > 50000:
            price = price + (parcel["value"] - 50000) // 100
    elif carrier == "freight":
        if weight < 15000:
            raise ValueError("cannot ship by freight")
        price = 4900 + (weight - 15000) // 5000 * 700
        days = 5
        if parcel["country"] != "DE":
            price = price + price // 2
            days = days + 5
        if parcel["value"] > 200000:
            price = price + (parcel["value"] - 200000) // 200
    elif carrier == "pickup":
        if parcel["country"] != "DE":
            raise ValueError("cannot ship by pickup")
        price = 0
        days = 1
        if weight > 31500:
            days = 2
        if parcel.get("fragile"):
            days = days + 1
    else:
        raise ValueError("unknown carrier " + carrier)
    return price, days


def cheapest(parcel):
    """The name of the carrier with the lowest price; of equal prices, the faster one; then the first."""
    best = None
    for carrier in ["post", "express", "freight", "pickup"]:
        try:
            price, days = quote(carrier, parcel)
        except ValueError:
            continue
        if best is None or price < best[1] or (price == best[1] and days < best[2]):
            best = (carrier, price, days)
    if best is None:
        return None
    return best[0]


def fastest(parcel, limit=None):
    """The name of the carrier with the fewest days whose price is at most the limit; of equal days, the cheaper; then the first."""
    best = None
    for carrier in ["post", "express", "freight", "pickup"]:
        try:
            price, days = quote(carrier, parcel)
        except ValueError:
            continue
        if limit is not None and price > limit:
            continue
        if best is None or days < best[2] or (days == best[2] and price < best[1]):
            best = (carrier, price, days)
    if best is None:
        return None
    return best[0]


def label(carrier, parcel):
    """One line for the parcel's label."""
    price, days = quote(carrier, parcel)
    if carrier == "post":
        name = "POST"
    elif carrier == "express":
        name = "EXPRESS"
    elif carrier == "freight":
        name = "FREIGHT"
    elif carrier == "pickup":
        name = "PICKUP"
    else:
        name = carrier.upper()
    text = name + " " + parcel["country"] + " " + str(price // 100) + "." + str(price % 100).zfill(2)
    if days == 1:
        text = text + " 1 day"
    else:
        text = text + " " + str(days) + " days"
    if parcel.get("fragile"):
        text = text + " FRAGILE"
    return text
