"""What the benchmarks' scripts record alike: the processor they ran on, and tables between markers of a document."""

import os


def processor():
    """The processor's name; empty where the system does not tell."""
    if not os.path.exists("/proc/cpuinfo"):
        return ""
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")


def write_between(path, begin, end, text):
    """Puts text, which ends its last line, between two markers of a file; false if they are not there."""
    with open(path) as file:
        old = file.read()
    if begin not in old or end not in old:
        return False
    head, tail = old.split(begin, 1)[0], old.split(end, 1)[1]
    with open(path + ".part", "w") as file:
        file.write(head + begin + "\n" + text + end + tail)
    os.replace(path + ".part", path)
    return True
