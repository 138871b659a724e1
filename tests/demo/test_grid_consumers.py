"""The bundled consumers, compared with a plain sum over the file they are read from."""

import csv
from collections import Counter
from decimal import Decimal
from importlib.resources import files

from app.demo.consumers import SMELTER, read_consumers
from app.demo.fleet import read_fleet


def plain_sums() -> tuple[dict[tuple[str, str], Decimal], Counter[tuple[str, str]]]:
    """Return kWh and count of values of each point and network, read without our code."""
    energies_kwh: dict[tuple[str, str], Decimal] = {}
    counts: Counter[tuple[str, str]] = Counter()
    text = (files("app.demo") / "data" / "consumption.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        key = (row["POC"], row["Nwk_Code"])
        values = [Decimal(row[f"TP{number}"]) for number in range(1, 51) if row[f"TP{number}"]]
        energies_kwh[key] = energies_kwh.get(key, Decimal(0)) + sum(values, Decimal(0))
        counts[key] += len(values)
    return energies_kwh, counts


def test_every_consumer_is_there_with_all_its_energy_in_order() -> None:
    energies_kwh, counts = plain_sums()

    consumers = read_consumers()

    keys = [(consumer.point, consumer.network) for consumer in consumers]
    assert keys == sorted(energies_kwh)
    assert [consumer.energy_wh for consumer in consumers] == [
        energies_kwh[key] * 1000 for key in keys
    ]
    assert [consumer.half_hours for consumer in consumers] == [counts[key] for key in keys]


def test_the_month_has_the_total_we_publish() -> None:
    consumers = read_consumers()

    assert len(consumers) == 34
    assert sum(consumer.energy_wh for consumer in consumers) == 654_693_244_000
    assert sum(consumer.half_hours for consumer in consumers) == 49_028


def test_the_smelter_draws_most_of_it() -> None:
    largest = max(read_consumers(), key=lambda consumer: consumer.energy_wh)

    assert (largest.point, largest.network) == SMELTER
    assert (largest.name, largest.kind) == ("TIWAI POINT", "consumer")
    assert largest.energy_wh == 410_121_670_000


def test_cities_and_the_house_load_of_generators_are_told_from_consumers() -> None:
    points: dict[str, list[str]] = {"city": [], "consumer": [], "house-load": []}
    for consumer in read_consumers():
        points[consumer.kind].append(consumer.point)

    assert points["city"] == ["CPK0331", "ISL0331"]
    assert points["house-load"] == [
        "BEN2202",
        "HRP2201",
        "KOE1101",
        "LTN2201",
        "MAN2201",
        "TWC2201",
        "WDV1101",
        "WVY1101",
        "WWD1102",
        "WWD1103",
    ]
    assert len(points["consumer"]) == 22


def test_house_load_is_drawn_where_a_device_feeds_in() -> None:
    fed = {device.place.point for device in read_fleet().devices}

    drawn = {consumer.point for consumer in read_consumers() if consumer.kind == "house-load"}

    assert len(drawn) == 10
    assert drawn <= fed
