"""Reading what is in a file that a stranger sent: in a process of its own, which may die of it.

`reader` is the gateway's side. It starts the process (`worker`), hands it the parts of the file that it asks for, and
ends it when it takes too long. The two speak in frames of MessagePack (`frames`), never in pickles: a decoder that
was taken over by a crafted picture can tell lies about that picture, and nothing more. The process has no keys, no
environment, and can open no files.

`picture` makes the copy that may be shown, `exif` reads when and where a photo was taken, `fingerprint` the
perceptual hash; `films` and `sounds` measure what moves and sounds. All of them are plain functions from bytes to
facts.
"""
