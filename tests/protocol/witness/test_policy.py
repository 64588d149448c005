"""Policies: read as C2SP writes them, refused otherwise, met by exactly the witnesses they name."""

from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.cosignature import SignatureType
from keys.cosigner import Cosigner
from keys.vkey import VerifierKey
from protocol.errors import Code, MalformedError
from protocol.witness.policy import (
    MAX_GROUPS,
    MAX_LOGS,
    MAX_WITNESSES,
    NONE,
    Group,
    Policy,
    PolicyLog,
    PolicyWitness,
)
from protocol.witness.policyfile import MAX_POLICY_BYTES, format_policy, parse_policy
from tests.protocol.log.history import signer


@cache
def cosigner(number: int) -> Cosigner:
    """Return a witness by number; the key is made up, and never verified with here."""
    public = number.to_bytes(2, "big") * 656
    name = f"witness.example/{number}"
    return Cosigner(key=VerifierKey(name=name, kind=SignatureType.MLDSA44, public=public))


def vkey(number: int) -> bytes:
    """Return its key as text."""
    return str(cosigner(number).key).encode()


def log_key(kind: SignatureType = SignatureType.MLDSA44) -> VerifierKey:
    """Return a key of the log of the samples."""
    verifier = signer().verifier
    public = verifier.mldsa44 if kind is SignatureType.MLDSA44 else verifier.ed25519
    return VerifierKey(name=verifier.name, kind=kind, public=public)


X = b"".join(b"witness X%d %s\n" % (n, vkey(n)) for n in (1, 2, 3))
Y = b"".join(b"witness Y%d %s\n" % (n - 3, vkey(n)) for n in (4, 5, 6))
EXAMPLE = (
    b"log %s\n\n" % str(log_key()).encode()
    + X
    + b"group X-witnesses 2 X1 X2 X3\n\n"
    + Y
    + b"group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\n"
    + b"quorum X-and-Y\n"
)
"""The example of the specification, with keys."""


def test_example_of_the_specification_means_what_it_says() -> None:
    """Two of three, and one of three others: each of the 64 sets of witnesses."""
    policy = parse_policy(EXAMPLE)
    for count in range(7):
        for chosen in combinations(range(1, 7), count):
            x, y = sum(n <= 3 for n in chosen), sum(n > 3 for n in chosen)
            assert policy.is_met([cosigner(n) for n in chosen]) is (x >= 2 and y >= 1)


def test_who_is_not_named_does_not_count() -> None:
    """Nor does a named key under another name: the witness signs its own name."""
    policy = parse_policy(X + b"group all-of-them all X1 X2 X3\nquorum all-of-them\n")
    other = VerifierKey(
        name="witness.example/x", kind=SignatureType.MLDSA44, public=cosigner(3).key.public
    )
    three = [cosigner(1), cosigner(2), cosigner(9)]
    assert not policy.is_met(three)
    assert not policy.is_met([cosigner(1), cosigner(2), Cosigner(key=other)])
    assert policy.is_met([*three, cosigner(3)])


def test_quorum_of_one_and_of_none() -> None:
    """The two simplest policies."""
    one = parse_policy(X + b"quorum X2\n")
    assert one.is_met([cosigner(2)])
    assert not one.is_met([cosigner(1), cosigner(3)])
    none = parse_policy(b"quorum none\n")
    assert none.is_met([])
    assert none.quorum == NONE


def test_logs_are_accepted_by_name_and_either_key() -> None:
    """A policy without logs leaves them to its reader."""
    ours, other = signer().verifier, signer(1).verifier
    assert parse_policy(b"quorum none\n").accepts(other)
    for kind in SignatureType:
        policy = parse_policy(b"log %s\nquorum none\n" % str(log_key(kind)).encode())
        assert policy.accepts(ours)
        assert not policy.accepts(other)


def test_blanks_comments_addresses_and_octets_are_read() -> None:
    """What the specification allows around and inside the lines."""
    policy = parse_policy(
        b"# comment \xff\n \t\n\t# another\n"
        b"\twitness \t caf\xe9 %s https://w.example/x \n"
        b"quorum\tcaf\xe9\n" % vkey(1)
    )
    (one,) = policy.witnesses
    assert (one.name, one.url) == (b"caf\xe9", b"https://w.example/x")
    assert policy.is_met([cosigner(1)])
    assert parse_policy(format_policy(policy)) == policy


def test_policy_comes_back_from_its_file() -> None:
    """With logs, groups and addresses."""
    policy = parse_policy(EXAMPLE)
    assert parse_policy(format_policy(policy)) == policy
    assert [group.threshold for group in policy.groups] == [2, 1, 2]


ED = b"example.com/log+" + str(log_key(SignatureType.ED25519)).encode().split(b"+", 1)[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"quorum none",
        b"quorum none\nquorum none\n",
        b"quorum\n",
        b"quorum none none\n",
        b"quorum X1\n",
        b"quorum X1\n" + X,
        b"Quorum none\n",
        b"quorum none\r\n",
        b"quorum none\x00\n",
        b"quorum none\x7f\n",
        b"what is this\nquorum none\n",
        b"log\nquorum none\n",
        b"log x\nquorum none\n",
        b"log \xff\nquorum none\n",
        b"log %s a b\nquorum none\n" % vkey(1),
        b"log %s\nlog %s\nquorum none\n" % (vkey(1), vkey(1)),
        b"log %s\nquorum none\n" % ED,
        b"witness X1\nquorum none\n",
        b"witness X1 %s\nquorum none\n" % str(log_key(SignatureType.ED25519)).encode(),
        b"witness none %s\nquorum none\n" % vkey(1),
        b"witness X1 %s\nwitness X1 %s\nquorum X1\n" % (vkey(1), vkey(2)),
        b"witness X1 %s\nwitness X2 %s\nquorum X1\n" % (vkey(1), vkey(1)),
        X + b"group g\nquorum none\n",
        X + b"group g 1\nquorum none\n",
        X + b"group g 0 X1\nquorum none\n",
        X + b"group g 2 X1\nquorum none\n",
        X + b"group g 01 X1\nquorum none\n",
        X + b"group g some X1\nquorum none\n",
        X + b"group g any X4\nquorum none\n",
        X + b"group g any g\nquorum none\n",
        X + b"group g any none\nquorum none\n",
        X + b"group none any X1\nquorum none\n",
        X + b"group X1 any X2\nquorum none\n",
        X + b"group g any X1 X1\nquorum none\n",
        X + b"group g any X1\ngroup h any X1\nquorum none\n",
        b"group g any X1\n" + X + b"quorum g\n",
        X + b"group h any g\ngroup g any X1\nquorum h\n",
        X + b"quorum g\ngroup g any X1\n",
    ],
)
def test_file_that_is_no_policy_is_refused(data: bytes) -> None:
    """A policy that is read wrongly calls witnessed what is not."""
    with pytest.raises(MalformedError):
        parse_policy(data)


def test_policy_above_the_limits_is_refused() -> None:
    """In bytes, logs, witnesses and groups."""
    with pytest.raises(MalformedError) as caught:
        parse_policy(b"#" * (MAX_POLICY_BYTES + 1))
    assert caught.value.code is Code.SIZE
    witnesses = tuple(
        PolicyWitness(name=b"w%d" % n, cosigner=cosigner(n)) for n in range(MAX_WITNESSES + 1)
    )
    logs = tuple(PolicyLog(key=cosigner(n).key) for n in range(MAX_LOGS + 1))
    groups = tuple(
        Group(name=b"g%d" % n, threshold=1, members=(b"w%d" % n,)) for n in range(MAX_GROUPS + 1)
    )
    fits = Policy(logs=logs[1:], witnesses=witnesses[1:], groups=groups[1:], quorum=NONE)
    assert fits.is_met([])
    for logs_, witnesses_, groups_ in (
        (logs, witnesses[1:], ()),
        ((), witnesses, ()),
        ((), witnesses[:-1], groups),
    ):
        with pytest.raises(MalformedError):
            Policy(logs=logs_, witnesses=witnesses_, groups=groups_, quorum=NONE)


def test_largest_policy_fits_its_file() -> None:
    """The limit in bytes is above what the others allow."""
    policy = Policy(
        logs=tuple(PolicyLog(key=cosigner(n + 1000).key) for n in range(MAX_LOGS)),
        witnesses=tuple(
            PolicyWitness(name=b"w%d" % n, cosigner=cosigner(n)) for n in range(MAX_WITNESSES)
        ),
        groups=(),
        quorum=NONE,
    )
    assert parse_policy(format_policy(policy)) == policy


def test_empty_address_is_not_written() -> None:
    """It would read back as none."""
    witness = PolicyWitness(name=b"w", cosigner=cosigner(1), url=b"")
    with pytest.raises(MalformedError):
        format_policy(Policy(logs=(), witnesses=(witness,), groups=(), quorum=NONE))


def test_group_that_refers_to_a_later_one_is_refused() -> None:
    """Groups in a circle would mean nothing."""
    later = Group(name=b"g", threshold=1, members=(b"h",))
    with pytest.raises(MalformedError):
        Policy(logs=(), witnesses=(), groups=(later,), quorum=NONE)


@pytest.mark.parametrize("name", [b"a b", b"", b"a\n", b"a\x01"])
def test_policy_that_its_file_cannot_hold_is_not_written(name: bytes) -> None:
    """A blank in a name would move the border between two items."""
    witness = PolicyWitness(name=name, cosigner=cosigner(1))
    with pytest.raises(MalformedError):
        format_policy(Policy(logs=(), witnesses=(witness,), groups=(), quorum=name))


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.sets(st.integers(1, 9)),
    st.sets(st.integers(1, 9)),
)
@settings(max_examples=150, deadline=None)
def test_more_witnesses_never_unmake_a_quorum(
    thresholds: list[int], first: set[int], more: set[int]
) -> None:
    """Groups of three, and one of them all: is_met only rises."""
    names = [b"w%d" % n for n in range(1, 10)]
    groups = [
        Group(name=b"g%d" % n, threshold=least, members=tuple(names[3 * n : 3 * n + 3]))
        for n, least in enumerate(thresholds)
    ]
    top = Group(name=b"top", threshold=len(groups), members=tuple(g.name for g in groups))
    policy = Policy(
        logs=(),
        witnesses=tuple(
            PolicyWitness(name=name, cosigner=cosigner(n)) for n, name in enumerate(names, 1)
        ),
        groups=(*groups, top),
        quorum=b"top",
    )
    met = [
        sum(3 * n < each <= 3 * n + 3 for each in first) >= least
        for n, least in enumerate(thresholds)
    ]
    assert policy.is_met([cosigner(n) for n in first]) is all(met)
    if all(met):
        assert policy.is_met([cosigner(n) for n in first | more])
