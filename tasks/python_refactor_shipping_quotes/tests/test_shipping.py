import ast
import unittest
from pathlib import Path

import shipping

NAMES = ("post", "express", "freight", "pickup")


def parcel(weight, country="DE", value=1000, **more):
    return {"weight": weight, "country": country, "value": value, **more}


def tree():
    return ast.parse(Path(shipping.__file__).read_text(encoding="utf-8"))


class Registered:
    """Takes a carrier's name out of the registry again after a test."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shipping.CARRIERS.pop(self.name, None)


class BehaviourTest(unittest.TestCase):
    def check(self, carrier, rows):
        for arguments, more, expected in rows:
            with self.subTest(carrier=carrier, parcel=(arguments, more)):
                given = parcel(*arguments, **more)
                if expected is None:
                    with self.assertRaises(ValueError) as caught:
                        shipping.quote(carrier, given)
                    self.assertEqual(str(caught.exception), f"cannot ship by {carrier}")
                else:
                    self.assertEqual(shipping.quote(carrier, given), expected)

    def test_post(self):
        self.check("post", [
            ((2000,), {}, (490, 3)), ((2001,), {}, (690, 3)), ((10000,), {}, (690, 3)), ((10001,), {}, (990, 3)),
            ((20000, "FR"), {}, (1980, 7)), ((20001,), {}, None), ((100, "US", 60099), {"fragile": True}, (1230, 7)),
            ((100, "DE", 50000), {"fragile": False}, (490, 3)), ((0,), {}, (490, 3)),
        ])

    def test_express(self):
        self.check("express", [
            ((1,), {}, (1370, 1)), ((1000,), {}, (1370, 1)), ((1001,), {}, (1450, 1)), ((30000, "CH"), {}, (4590, 2)),
            ((30001,), {}, None), ((5, "FR"), {}, None), ((500, "AT", 50250), {"fragile": 1}, (2572, 2)), ((0,), {}, (1290, 1)),
        ])

    def test_freight(self):
        self.check("freight", [
            ((14999,), {}, None), ((15000,), {}, (4900, 5)), ((20000,), {}, (5600, 5)), ((19999, "US"), {}, (7350, 10)),
            ((25000, "DE", 200399), {"fragile": True}, (6301, 5)), ((20000, "FR", 200200), {}, (8401, 10)),
        ])

    def test_pickup(self):
        self.check("pickup", [
            ((100,), {}, (0, 1)), ((31500,), {}, (0, 1)), ((31501,), {"fragile": True}, (0, 3)), ((5, "AT"), {}, None),
            ((5, "DE", 900000), {}, (0, 1)),
        ])

    def test_unknown_carrier(self):
        for call in (shipping.quote, shipping.label):
            with self.assertRaises(ValueError) as caught:
                call("pigeon", parcel(1))
            self.assertEqual(str(caught.exception), "unknown carrier pigeon")

    def test_cheapest_and_fastest(self):
        self.assertEqual(shipping.cheapest(parcel(100)), "pickup")
        self.assertEqual(shipping.cheapest(parcel(100, "FR")), "post")
        self.assertEqual(shipping.cheapest(parcel(25000, "CH")), "express")
        self.assertIsNone(shipping.fastest(parcel(14000, "FR"), 100))
        self.assertEqual(shipping.fastest(parcel(100)), "pickup")
        self.assertEqual(shipping.fastest(parcel(100, fragile=True)), "express")
        self.assertEqual(shipping.fastest(parcel(100, fragile=True), limit=700), "pickup")
        self.assertEqual(shipping.fastest(parcel(40000, "FR")), "freight")

    def test_label(self):
        self.assertEqual(shipping.label("post", parcel(2001, "FR", fragile=True)), "POST FR 15.30 7 days FRAGILE")
        self.assertEqual(shipping.label("pickup", parcel(1)), "PICKUP DE 0.00 1 day")
        self.assertEqual(shipping.label("express", parcel(1, value=53700)), "EXPRESS DE 14.07 1 day")


class StructureTest(unittest.TestCase):
    def test_registry(self):
        self.assertEqual(tuple(shipping.CARRIERS), NAMES)
        post, freight = shipping.CARRIERS["post"], shipping.CARRIERS["freight"]
        self.assertEqual((post.price(parcel(100, "FR")), post.days(parcel(100, "FR"))), (980, 7))
        self.assertEqual([bool(freight.accepts(parcel(w))) for w in (14999, 15000)], [False, True])

    def test_new_carrier_works_everywhere(self):
        with Registered("drone"):
            @shipping.register("drone")
            class Drone:
                def price(self, parcel):
                    return 205

                def days(self, parcel):
                    return 0

                def accepts(self, parcel):
                    return parcel["weight"] < 500

            self.assertIsInstance(Drone, type)
            self.assertEqual(shipping.quote("drone", parcel(1)), (205, 0))
            self.assertEqual(shipping.label("drone", parcel(1)), "DRONE DE 2.05 0 days")
            self.assertEqual(shipping.cheapest(parcel(1, "FR")), "drone")
            self.assertEqual(shipping.fastest(parcel(1)), "drone")
            self.assertEqual(shipping.fastest(parcel(501)), "pickup")
            with self.assertRaisesRegex(ValueError, "^cannot ship by drone$"):
                shipping.quote("drone", parcel(500))

    def test_first_of_equal_carriers_wins(self):
        with Registered("copy"):
            @shipping.register("copy")
            class Copy:
                def price(self, parcel):
                    return 0

                def days(self, parcel):
                    return 1

                def accepts(self, parcel):
                    return True

            self.assertEqual(shipping.cheapest(parcel(100)), "pickup")
            self.assertEqual(shipping.fastest(parcel(100)), "pickup")
            self.assertEqual(shipping.cheapest(parcel(100, fragile=True)), "copy")

    def test_taken_name(self):
        before = dict(shipping.CARRIERS)
        with self.assertRaises(ValueError) as caught:
            shipping.register("express")(type("Other", (), {}))
        self.assertEqual(str(caught.exception), "carrier exists: express")
        self.assertEqual(shipping.CARRIERS, before)

    def test_names_stand_once(self):
        literals = [node.value for node in ast.walk(tree()) if isinstance(node, ast.Constant)]
        self.assertEqual({name: literals.count(name) for name in NAMES}, dict.fromkeys(NAMES, 1))

    def test_functions_are_short(self):
        functions = [node for node in ast.walk(tree()) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.assertEqual([f.name for f in functions if f.end_lineno - f.lineno + 1 > 15], [])

    def test_no_ladders(self):
        def elifs(node):
            follow = node.orelse[0] if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) else None
            return 0 if follow is None else 1 + elifs(follow)

        self.assertEqual([node.lineno for node in ast.walk(tree()) if isinstance(node, ast.If) and elifs(node) > 1], [])
