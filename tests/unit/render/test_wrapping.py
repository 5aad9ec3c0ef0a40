"""Prose is broken between words, at the width of the terminal; what is to be copied is not broken."""

from psbridge.render.wrapping import wrapped


def test_words_stay_whole_and_further_lines_are_indented() -> None:
    text = "  1  file  writes it into a file that only you can read"
    assert (
        wrapped(text, 30, " " * 11) == "  1  file  writes it into a\n           file that only you\n           can read"
    )


def test_a_short_line_and_a_pipe_are_left_alone() -> None:
    assert wrapped("  as it is ", 80) == "  as it is "
    assert wrapped("word " * 40, None) == "word " * 40


def test_the_space_behind_a_question_stays() -> None:
    assert (
        wrapped("Write this to a.yaml and b.password? [Y/n]: ", 30) == "Write this to a.yaml and\nb.password? [Y/n]: "
    )


def test_code_is_not_broken() -> None:
    text = "To show it: `openssl s_client -connect oaw01:5986 -showcerts` there."
    assert "`openssl s_client -connect oaw01:5986 -showcerts`" in wrapped(text, 20).splitlines()
