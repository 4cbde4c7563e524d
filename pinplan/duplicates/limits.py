"""The limits of every test that tells copies from other pictures; docs/duplicates.md has what they keep and what they let go."""

MAX_HASH_DISTANCE = 6
"""Maximum distance of difference hashes in bits: the first test, which finds the pairs worth a closer look."""
MAX_ASPECT_DIFFERENCE = 0.03
MAX_PDQ_DISTANCE = 31
"""PDQ's own published threshold for the same image (hashing.pdf, ThreatExchange), where it is the only hash."""
MAX_PDQ_BESIDE_DHASH, MAX_PDQ_OF_FINE = 64, 48
"""Wider, because the tests place by place decide afterwards: where the difference hash agrees as well, and where it cannot tell. Unrelated
pictures are about 128 bits apart."""
MIN_STRUCTURE = 0.9
"""Correlation of the steps between neighbouring pixels of patterns, which no hash can tell apart: most of PDQ's coefficients are near nothing, and
saving turns them. Copies have 0.93 and more at 512 pixels, other pictures of the same colours below 0.2; what differs in places only is left to
the tests place by place."""
MAX_GREY_DIFFERENCE = 96
"""Levels by which any of 64×64 grey pixels may differ: a cheap test before those at 512 pixels. Sharp edges differ by up to 73."""
MAX_COLOUR_DIFFERENCE = 8.0
"""Maximum mean difference of 16×16 colour pixels: another colourway of a picture is another picture."""
LOCAL_WIDTH = 512
"""Pixels to which both are brought at most, to be compared place by place: all other tests are of the whole picture, and pass a price that was
changed, or a dress in another colour. The limits below are in multiples of what encoders differ by in such a place (see
`pinplan.duplicates.local_difference`)."""
MAX_FINE_LUMA = 2.45
"""Brightness of 3×3 pixels: thin letters. A JPEG keeps brightness far better than colour."""
MAX_SMALL_LUMA = 1.05
"""As above, of 5×5 pixels: letters and digits."""
MAX_SMALL_COLOUR = 12
"""Red, green or blue of 4×4 pixels: digits in a colour that is as bright as what is behind them. Colours are compared at half the size."""
MAX_LOCAL_LUMA, MAX_LOCAL_COLOUR = 0.88, 5.8
"""As above, over 9×9 pixels (a colour: 10×10): things."""
MAX_AREA_LUMA, MAX_AREA_COLOUR = 0.77, 3.0
"""As above, over 17×17 pixels (18×18), where saving and resizing average out: a dress in a colour that is near."""
MIN_DETAIL = 8
"""Below it an image has too little detail for its difference hash: it is flat, or full of small things that 9×8 pixels average out."""
FEW_STEPS = 40
"""Below it most of its difference hash is the plain ground of a poster or a calendar, and saving turns some of that: it is looked for by PDQ as
well, which must then agree as its authors demand."""
MIN_PDQ_QUALITY = 3
"""Below it, PDQ is noise: what is also below `MIN_DETAIL` has too little detail for any hash. It is flat, where only exact matches count, or a
gradient."""
MIN_SLOPE, MAX_SMOOTH_COLOUR = 8.0, 1.0
"""Levels by which the colours of a gradient lie from their mean at least, on average, and by which copies of it differ at most."""
FLAT_COLOUR = 3.0
NEARLY_THE_SAME_COLOUR = 2.0
"""Up to this colour difference two files may have identical pixels. Not 0, because a JPEG is fingerprinted at a fraction of its size."""
