"""The parts of an SMS, at their edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgben_testkit.observability.receivers import sms


@pytest.mark.parametrize(
    ("text", "encoding", "lengths"),
    [
        ("", "GSM-7", [0]),
        ("a" * 160, "GSM-7", [160]),
        ("a" * 161, "GSM-7", [153, 8]),
        ("a" * 307, "GSM-7", [153, 153, 1]),
        ("é" * 160, "GSM-7", [160]),
        ("Ç" * 160, "GSM-7", [160]),
        ("à" * 161, "GSM-7", [153, 8]),
        ("€" * 80, "GSM-7", [80]),
        ("€" * 81, "GSM-7", [76, 5]),
        ("ç" * 70, "UCS-2", [70]),
        ("ã" * 71, "UCS-2", [67, 4]),
        ("ã" + "a" * 69, "UCS-2", [70]),
        ("🚨" * 35, "UCS-2", [35]),
        ("🚨" * 36, "UCS-2", [33, 3]),
    ],
)
def test_where_a_text_is_cut(text, encoding, lengths):
    parts = sms.split(text)
    assert (parts.encoding, [len(each) for each in parts.texts]) == (encoding, lengths)


@pytest.mark.parametrize(
    ("text", "forced"),
    [
        ("àéÇÉ", ""),
        ("ç", "ç"),
        ("Ação: não há conexões", "çãáõ"),
        ("{a|b}~[c]^\\€", ""),
        ("`", "`"),
        ("áíóúâêô", "áíóúâêô"),
        ("ÁÂÃÀÊÍÓÔÕÚ", "ÁÂÃÀÊÍÓÔÕÚ"),
    ],
)
def test_which_letters_are_not_in_the_gsm_alphabet(text, forced):
    assert sms.split(text).forced == set(forced)


def test_the_alphabet_has_as_many_characters_as_the_table():
    assert len(sms.BASIC) == 127 and len(sms.EXTENSION) == 10  # 128 places, one of them the escape
    assert not sms.BASIC & sms.EXTENSION


@given(st.text(max_size=600))
def test_the_parts_are_the_text_and_each_fits(text):
    parts = sms.split(text)
    assert "".join(parts.texts) == text
    limit = sms.ALONE[parts.encoding] if len(parts.texts) == 1 else sms.JOINED[parts.encoding]
    assert all(sms.split(each).units <= limit for each in parts.texts if sms.split(each).encoding == parts.encoding)
