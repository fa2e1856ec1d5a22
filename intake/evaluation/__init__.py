"""How right the normaliser is: labelled texts in, scores, confusion tables and charts out (`kanal evaluate`).

`sets.py` reads labelled files of several shapes, `judging.py` lets the real steps judge every row, `scores.py` counts,
`drawing.py` draws, `report.py` prints and writes.
"""
