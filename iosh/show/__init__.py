"""What `show` prints: a pure function from router to a frozen value, and a text that is a function of that value.

A view may not format, a text may not compute. JSON is generic over the values.
"""
