"""Where it is: `lat` and `long`, an `address_string`, or an `address_id`; one of them has to be there."""

from __future__ import annotations

import math
import re

from normalizer.gazetteer import find_region
from normalizer.record import Coordinates, Place

from .form import Form
from .problems import Problem

_ADDRESS_MAX = 500
#: As a program writes a number: no "nan", no "1_0", no digits of other scripts.
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_CURE = "Send lat and long, or address_string"


def read_place(form: Form, problems: list[Problem]) -> Place:
    """The place as `form` names it. Adds to `problems`."""
    coordinates = _coordinates(form, problems)
    address = " ".join(form.get("address_string", "attribute[closest_address]").split())
    if len(address) > _ADDRESS_MAX:
        problem = f"has more than {_ADDRESS_MAX} characters"
        problems.append(Problem(field="address_string", problem=problem, cure="Shorten it"))
    region = _region(form, problems, needed=coordinates is None and not address)
    if region != Place():
        return Place(
            coordinates=coordinates,
            address=address,
            kelurahan=region.kelurahan,
            kecamatan=region.kecamatan,
            city=region.city,
            method="clerk",
        )
    if coordinates is not None:
        return Place(coordinates=coordinates, address=address, method="coordinates")
    return Place(address=address, method="address", confidence=0.5) if address else Place()


def _coordinates(form: Form, problems: list[Problem]) -> Coordinates | None:
    written = {name: form.get(name) for name in ("lat", "long")}
    if not any(written.values()):
        return None
    found: dict[str, float] = {}
    for name, most in (("lat", 90), ("long", 180)):
        if not written[name]:
            problem, cure = "is missing beside the other coordinate", "Send both, or neither"
        elif not _NUMBER.fullmatch(written[name]) or not math.isfinite(float(written[name])):
            problem, cure = "is no number", "Send WGS 84 degrees with a point, such as -6.175392"
        elif abs(float(written[name])) > most:
            problem = f"is not between -{most} and {most}"
            cure = "Send WGS 84 degrees; in Jakarta lat is near -6.2 and long near 106.8"
        else:
            found[name] = float(written[name])
            continue
        problems.append(Problem(field=name, problem=problem, cure=cure))
    return Coordinates(latitude=found["lat"], longitude=found["long"]) if len(found) == 2 else None


def _region(form: Form, problems: list[Problem], needed: bool) -> Place:
    """What an address_id means: the code of a kelurahan, kecamatan or city, the only address register that we have."""
    written = form.get("address_id")
    path = find_region(written) if re.fullmatch(r"[\d.]{5,13}", written, re.ASCII) else None
    if path is not None:
        return Place(kelurahan=path.kelurahan, kecamatan=path.kecamatan, city=path.city)
    if needed:
        if any(problem.field in ("lat", "long") for problem in problems):
            return Place()  # they meant to send coordinates, and have already heard what is wrong with them
        problem = "is no Kemendagri code of a region in Jakarta" if written else "no place is named"
        problems.append(Problem(field="address_id" if written else "lat", problem=problem, cure=_CURE))
    return Place()
