"""The real text of a lesson: WikiText-2 where it is, else the documentation of the Python that runs it."""

from course_lib.core.files import data_folder
from course_lib.text.corpus import Corpus
from course_lib.text.documentation import python_documentation
from course_lib.text.wikitext import wikitext2


def real_text(*, download: bool = False) -> Corpus:
    """WikiText-2 from its folder, or from the hub if download is True; without it the Python documentation.

    The name of the corpus says which one it is: perplexities on the two are not to be compared.
    Where its folder lacks files, that is said.
    Raises ValueError if there is a WikiText-2 with other token counts, for that is not to be passed over.
    """
    try:
        return wikitext2(download=download)
    except FileNotFoundError as error:
        if data_folder("wikitext-2") is not None:  # a folder that is there was meant: it is not passed over in silence
            print(error)
        return python_documentation()
