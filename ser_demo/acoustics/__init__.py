"""What a recording looks like: how loud it is over time, its spectrum and its pitch, in a bounded number of columns.

Everything is fed block by block, so that a recording of hours costs no more memory than a short one.
"""

from ser_demo.acoustics.peaks import PeakReader
from ser_demo.acoustics.pitch import HIGHEST, LOWEST
from ser_demo.acoustics.spectrum import PictureReader, SoundPicture, sound_picture

__all__ = ["HIGHEST", "LOWEST", "PeakReader", "PictureReader", "SoundPicture", "sound_picture"]
