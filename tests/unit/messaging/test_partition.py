"""The partition of a key, against the values of Kafka's own tests and a second implementation."""

import pytest
from aiokafka.partitioner import murmur2 as second_implementation
from hypothesis import given
from hypothesis import strategies as st

from rapport.messaging.partition import murmur2, partition_for


class TestMurmur2:
    @pytest.mark.parametrize(
        ("data", "signed"),
        [  # org.apache.kafka.common.utils.UtilsTest.testMurmur2
            (b"21", -973932308),
            (b"foobar", -790332482),
            (b"a-little-bit-long-string", -985981536),
            (b"a-little-bit-longer-string", -1486304829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            (b"abc", 479470107),
        ],
    )
    def test_equals_the_values_of_kafkas_own_test(self, data: bytes, signed: int) -> None:
        assert murmur2(data) == signed % 2**32

    @given(st.binary(max_size=200))
    def test_equals_a_second_implementation_for_any_bytes(self, data: bytes) -> None:
        assert murmur2(data) == second_implementation(data)


class TestPartitionFor:
    @given(st.binary(max_size=80), st.integers(1, 50))
    def test_lies_within_the_topic(self, key: bytes, partitions: int) -> None:
        assert 0 <= partition_for(key, partitions) < partitions

    def test_takes_the_hash_without_its_sign(self) -> None:
        assert partition_for(b"21", 12) == (-973932308 & 0x7FFFFFFF) % 12
