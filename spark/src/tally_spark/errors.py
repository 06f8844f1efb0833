"""What is said in a line."""


class TallyError(Exception):
    """One line for people: what is wrong, where, what to do."""
