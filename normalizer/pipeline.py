"""The normaliser's steps, in order, on one screen.

A step takes the complaint as it stands and gives back a changed copy; it is pure given its `Context`, appends one
`Evidence` per decision, and leaves a field empty rather than guessing.
"""
