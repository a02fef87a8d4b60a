"""What is sent: realistic leads from the posting profile, and Hypothesis strategies for values of every shape.

`leads` is plain and seeded; `strategies` needs Hypothesis and is imported only where properties are tested.
"""
