"""Everything secret that one node holds, as one value.

How it lies on the disk is in keys.keycontent, keys.keyfile and keys.keystore. Python cannot
wipe memory: what is dropped here is gone from the files at once, from memory some time later.

Source:
    docs/wire-format.md, section Keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from nacl.utils import random as draw

from keys.atrest import STORE_KEY_BYTES, new_store_key
from keys.certificate import TlsIdentity, make_identity
from keys.errors import UnknownSuiteError
from keys.recipient import RecipientSecret, new_seed
from keys.signing import NoteSigner
from keys.suite import SEED_BYTES, XWING_SEED_BYTES
from keys.turning import TurningKeys
from keys.witnesskey import WitnessKey

TLS_DAYS: Final = 90
"""Validity of a node's certificate."""

PREKEY_GRACE_MS: Final = 7 * 24 * 60 * 60 * 1000
"""How long a prekey is kept after its expiry, for envelopes that are still on their way."""

MAX_GENERATION: Final = 999_999_999
"""Highest generation of a log."""

_NODE: Final = re.compile(r"[A-Z]{2}/[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prekey:
    """A recipient's key of some days: once it is erased, nobody opens what was sealed for it.

    Attributes:
        seed: X-Wing seed, 32 bytes; secret, not in the repr.
        not_before_ms: When peers may begin to use it, milliseconds since 1970.
        expires_ms: When they stop, as the key set says; the node holds it some days longer.

    Raises:
        UnknownSuiteError: Another length of seed, or times in the wrong order.
    """

    seed: bytes = field(repr=False)
    not_before_ms: int
    expires_ms: int

    def __post_init__(self) -> None:
        if len(self.seed) != XWING_SEED_BYTES:
            raise UnknownSuiteError("an X-Wing seed has 32 bytes")
        if not 0 <= self.not_before_ms < self.expires_ms:
            raise UnknownSuiteError("a prekey expires after it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """Both keys of one generation of a log, apart from all others: a spare lies offline.

    Attributes:
        node: CC/n.
        generation: Of the log, 1 to 999,999,999.
        ed25519_seed: 32 bytes.
        mldsa44_seed: 32 bytes.

    Raises:
        UnknownSuiteError: A part is not of this form.
    """

    node: str
    generation: int
    ed25519_seed: bytes = field(repr=False)
    mldsa44_seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NODE.fullmatch(self.node):
            raise UnknownSuiteError("a node is named CC/n, n from 1 to 999")
        if not 1 <= self.generation <= MAX_GENERATION:
            raise UnknownSuiteError("a generation lies between 1 and 999,999,999")
        if {len(self.ed25519_seed), len(self.mldsa44_seed)} != {SEED_BYTES}:
            raise UnknownSuiteError("seeds have 32 bytes")

    def signer(self) -> NoteSigner:
        """Make the signer of this log."""
        origin = f"a35/{self.node}/log/{self.generation}"
        return NoteSigner(origin, self.ed25519_seed, self.mldsa44_seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKeys:
    """The keys of one node in one generation of its log. The repr shows nothing secret.

    Attributes:
        node: CC/n.
        generation: Of the log, 1 to 999,999,999.
        log_ed25519_seed: 32 bytes.
        log_mldsa44_seed: 32 bytes.
        tls: Certificate and its key.
        store_key: What contents are sealed under on the disk, 32 bytes.
        last_resort_seed: X-Wing seed of the key in the directory, 32 bytes.
        prekeys: Those not yet erased, in the order in which they came.
        witness: With which other nodes' logs are cosigned; None for a node that was made before
            there were such keys.
        turning: Second keys of some kinds, while they take the place of the first.

    Raises:
        UnknownSuiteError: A part is not of this form.
    """

    node: str
    generation: int
    log_ed25519_seed: bytes = field(repr=False)
    log_mldsa44_seed: bytes = field(repr=False)
    tls: TlsIdentity = field(repr=False)
    store_key: bytes = field(repr=False)
    last_resort_seed: bytes = field(repr=False)
    prekeys: tuple[Prekey, ...] = ()
    witness: WitnessKey | None = field(default=None, repr=False)
    turning: TurningKeys = field(default=TurningKeys(), repr=False)

    def __post_init__(self) -> None:
        if not _NODE.fullmatch(self.node):
            raise UnknownSuiteError("a node is named CC/n, n from 1 to 999")
        if not 1 <= self.generation <= MAX_GENERATION:
            raise UnknownSuiteError("a generation lies between 1 and 999,999,999")
        if self.witness is not None and self.witness.node != self.node:
            raise UnknownSuiteError("the witness key of another node")
        seeds = (self.log_ed25519_seed, self.log_mldsa44_seed, self.last_resort_seed)
        if any(len(seed) != SEED_BYTES for seed in seeds) or len(self.store_key) != STORE_KEY_BYTES:
            raise UnknownSuiteError("seeds and store key have 32 bytes")

    @classmethod
    def generate(cls, node: str, *, generation: int, tls_name: str, now_ms: int) -> Self:
        """Draw all keys of a new node from the system; prekeys come later, with key sets.

        Args:
            node: CC/n.
            generation: Of the log; 1 for a new node.
            tls_name: DNS name for the certificate.
            now_ms: Milliseconds since 1970.

        Returns:
            The keys; the certificate is valid for 90 days.

        Raises:
            UnknownSuiteError: A name or the generation is not of its form.
        """
        return cls(
            node=node,
            generation=generation,
            log_ed25519_seed=draw(SEED_BYTES),
            log_mldsa44_seed=draw(SEED_BYTES),
            tls=make_identity(tls_name, now_ms=now_ms, days=TLS_DAYS, node=node),
            store_key=new_store_key(),
            last_resort_seed=new_seed(),
        )

    @property
    def origin(self) -> str:
        """Name of the log and of both its keys: a35/CC/n/log/generation."""
        return f"a35/{self.node}/log/{self.generation}"

    def signer(self) -> NoteSigner:
        """Make the signer of the log, with both pairs of keys while it has two.

        The caller keeps it and hands it to one place, the writer of the log.

        Returns:
            A new signer.
        """
        pair = self.turning.log
        along = (
            None if pair is None else NoteSigner(self.origin, pair.ed25519_seed, pair.mldsa44_seed)
        )
        return NoteSigner(self.origin, self.log_ed25519_seed, self.log_mldsa44_seed, along=along)

    def secrets(self) -> Mapping[bytes, RecipientSecret]:
        """Make what opens wraps: every last-resort key and all prekeys held.

        Each takes 0.1 ms to make; the caller keeps the mapping until the keys change.

        Returns:
            A new mapping by key id.
        """
        second = self.turning.last_resort_seed
        seeds = [self.last_resort_seed, *(prekey.seed for prekey in self.prekeys)]
        secrets = [
            RecipientSecret(seed) for seed in (*seeds, *([] if second is None else [second]))
        ]
        return {secret.key_id: secret for secret in secrets}

    def with_prekey(self, prekey: Prekey) -> Self:
        """Add a prekey behind the others.

        The caller saves the result before the key set that names it leaves the node.

        Args:
            prekey: From `new_prekey`.

        Returns:
            The keys with it.
        """
        return replace(self, prekeys=(*self.prekeys, prekey))

    def with_prekeys(self, prekeys: tuple[Prekey, ...]) -> Self:
        """Hold exactly these prekeys.

        The caller saves the result; only then are those left out erased.

        Args:
            prekeys: In the order in which they came.

        Returns:
            The keys with them.
        """
        return replace(self, prekeys=prekeys)

    def with_new_witness(self) -> Self:
        """Draw a witness key, in the place of an earlier one if there is one.

        The caller saves the result, and has the directory list the new key; what the earlier one
        cosigned stands as long as entries of its time are kept.

        Returns:
            The keys with it.
        """
        return replace(self, witness=WitnessKey.generate(self.node))

    def with_tls(self, tls: TlsIdentity) -> Self:
        """Take another certificate and key.

        The caller has the directory list both pins before peers see the new one.

        Args:
            tls: From `make_identity`.

        Returns:
            The keys with it.
        """
        return replace(self, tls=tls)

    def settled(self, turning: TurningKeys) -> TurningKeys:
        """Leave out of second keys what is the first of its kind already.

        Args:
            turning: As read.
        """
        log, tls = turning.log, turning.tls
        is_first_log = log is not None and log.ed25519_seed == self.log_ed25519_seed
        is_first_tls = tls is not None and tls.spki == self.tls.spki
        is_first_seed = turning.last_resort_seed == self.last_resort_seed
        return TurningKeys(
            log=None if is_first_log else log,
            tls=None if is_first_tls else tls,
            last_resort_seed=None if is_first_seed else turning.last_resort_seed,
        )

    def with_generation(self, generation: int) -> Self:
        """Draw the keys of a later generation of the log; the old log is never signed again.

        Args:
            generation: Above the present one, and above all that peers have seen.

        Returns:
            The keys with two new log seeds; all others stay.

        Raises:
            UnknownSuiteError: The generation is not above the present one, or out of bounds.
        """
        return self.with_log(new_log_keys(self.node, generation))

    def with_log(self, log: LogKeys) -> Self:
        """Take the keys of a later generation of the log; the old log is never signed again.

        Args:
            log: Drawn now, or a spare that was listed ahead.

        Returns:
            The keys with these two log seeds; all others stay.

        Raises:
            UnknownSuiteError: Of another node, or not above the present generation.
        """
        if log.node != self.node:
            raise UnknownSuiteError("the keys of another node's log")
        if log.generation <= self.generation:
            raise UnknownSuiteError("a new generation is above the present one")
        return replace(
            self,
            generation=log.generation,
            log_ed25519_seed=log.ed25519_seed,
            log_mldsa44_seed=log.mldsa44_seed,
            turning=replace(self.turning, log=None),
        )


def new_log_keys(node: str, generation: int) -> LogKeys:
    """Draw both keys of one generation of a log from the system.

    Args:
        node: CC/n.
        generation: Of the log.

    Raises:
        UnknownSuiteError: A name or the generation is not of its form.
    """
    return LogKeys(
        node=node,
        generation=generation,
        ed25519_seed=draw(SEED_BYTES),
        mldsa44_seed=draw(SEED_BYTES),
    )


def new_prekey(*, not_before_ms: int, expires_ms: int) -> Prekey:
    """Draw a new prekey from the system.

    Args:
        not_before_ms: When peers may begin to use it, milliseconds since 1970.
        expires_ms: When they stop, later.

    Returns:
        The prekey.

    Raises:
        UnknownSuiteError: Times in the wrong order.
    """
    return Prekey(seed=new_seed(), not_before_ms=not_before_ms, expires_ms=expires_ms)
