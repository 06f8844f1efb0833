"""Checks planes.py against the plain definition of what beats what. Run: python3 -m unittest discover -s Benchmarks/peers"""

import random
import unittest

import planes


def result(peer, accuracy, rate, size=1000, milliseconds=1.0, cpu=10.0):
    return {"peer": peer, "title": peer, "test": {"accuracy": accuracy}, "validation": {"accuracy": accuracy},
            "batchInference": {"imagesPerSecond": rate}, "oneImage": {"milliseconds": milliseconds},
            "model": {"bytes": size}, "curve": [{"accuracy": accuracy, "cpuSeconds": cpu, "wallSeconds": cpu}]}


class Planes(unittest.TestCase):
    def test_dominated_is_what_another_beats(self):
        draw = random.Random(1)
        for _ in range(200):
            results = [result("a", draw.randint(80, 84) / 100, draw.randint(1, 5), draw.randint(1, 5),
                              draw.randint(1, 5), draw.randint(1, 5)) for _ in range(8)]
            for plane in planes.PLANES:
                for one, beaten in zip(results, planes.dominated(results, plane)):
                    better = False
                    for other in results:
                        accuracy = other["test"]["accuracy"] - one["test"]["accuracy"]
                        gain = plane.value(other) - plane.value(one)
                        gain = gain if plane.more else -gain
                        better = better or (accuracy >= 0 and gain >= 0 and (accuracy > 0 or gain > 0))
                    self.assertEqual(beaten, better)

    def test_cheap_is_better_for_bytes_and_training(self):
        results = [result("a", 0.9, 1, size=10, cpu=5), result("b", 0.9, 2, size=20, cpu=6)]
        found = {plane.name: planes.dominated(results, plane) for plane in planes.PLANES}
        self.assertEqual(found["batch"], [True, False])
        self.assertEqual(found["bytes"], [False, True])
        self.assertEqual(found["training"], [False, True])

    def test_beside_takes_the_faster_build_and_the_fastest_plan_as_accurate(self):
        results = [result("cnn-8", 0.900, 100, milliseconds=4), result("cnn-8-int8", 0.899, 300, milliseconds=5),
                   result("tally-tiny", 0.8995, 900), result("tally-quick", 0.900, 600, milliseconds=2),
                   result("tally-best", 0.950, 50)]
        (batch, build, plan, ratio), (one, build_one, plan_one, ratio_one) = planes.beside(results, "cnn-8")
        self.assertEqual((batch.name, build["peer"], plan["peer"], ratio), ("batch", "cnn-8-int8", "tally-quick", 2))
        # tally-tiny is not as accurate as the better build; of single images the float32 build and tally-best are fastest.
        self.assertEqual((one.name, build_one["peer"], plan_one["peer"]), ("one", "cnn-8", "tally-best"))
        self.assertEqual(ratio_one, 4)

    def test_no_plan_is_as_accurate(self):
        results = [result("cnn-8", 0.95, 100), result("tally-best", 0.94, 50)]
        self.assertEqual([row[2:] for row in planes.beside(results, "cnn-8")], [(None, None), (None, None)])
        self.assertEqual(planes.beside(results, "cnn-16"), [])


if __name__ == "__main__":
    unittest.main()
