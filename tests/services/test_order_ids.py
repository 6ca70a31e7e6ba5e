"""Ids of orders."""

import time
import uuid

import pytest

from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.services.orders import new_order_id, parse_order_id


def test_an_id_is_a_uuid_of_version_seven_with_the_time_in_it() -> None:
    before = time.time_ns() // 1_000_000
    order_id = new_order_id()
    assert (order_id.version, order_id.variant) == (7, uuid.RFC_4122)
    assert before <= order_id.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_are_all_different_and_sort_by_time() -> None:
    earlier = {new_order_id() for _ in range(200)}
    time.sleep(0.002)
    assert len(earlier) == 200
    assert max(earlier) < new_order_id()


def test_an_id_from_the_wire_is_read_and_any_other_text_names_no_order() -> None:
    order_id = new_order_id()
    assert parse_order_id(order_id.hex) == order_id
    for text in ("", "x", "0" * 31, "g" * 32, "\0"):
        with pytest.raises(ObjectNotFoundError):
            parse_order_id(text)
