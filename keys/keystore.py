"""The key files of a node on the disk: the only I/O of this package.

`node.key` holds log seeds and TLS identity, `content.key` store key and recipients' seeds,
`witness.key` the key that cosigns other nodes' logs, `turning.key` second keys while they take the
place of the first. A node that was made before there were witness keys has no `witness.key`, one
that never rotated a key no `turning.key`; both open without. The folder has mode 0700, the files
0600, and anything wider is refused at each start.

Every write goes to a temporary file beside the target, is synced, takes the target's place in
one step, and the folder is synced: a crash leaves the old file or the new one, and perhaps a
temporary one, which the next write removes. Replacing a file does not wipe its old blocks: that
an erased prekey cannot be found on the medium needs a disk that is encrypted as a whole.

One process writes; the node's lock on its home sees to that.

Source:
    docs/wire-format.md, section Keys.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from keys.errors import KeyFileError, KeyFileReason
from keys.keycontent import (
    decode_keys,
    decode_spare,
    encode_content_part,
    encode_node_part,
    encode_spare,
)
from keys.keyfile import (
    DEFAULT_MEMORY_BYTES,
    DEFAULT_OPERATIONS,
    Costs,
    Secret,
    costs_of,
    decode_key_file,
    encode_key_file,
)
from keys.nodekeys import LogKeys, NodeKeys
from keys.turning import (
    TURNING_KIND,
    TurningKeys,
    decode_turning_part,
    encode_turning_part,
)
from keys.witnesskey import (
    WITNESS_KIND,
    WitnessKey,
    decode_witness_part,
    encode_witness_part,
)

NODE_FILE: Final = "node.key"
CONTENT_FILE: Final = "content.key"
WITNESS_FILE: Final = "witness.key"
TURNING_FILE: Final = "turning.key"

_NODE_KIND: Final = "node"
_CONTENT_KIND: Final = "content"
_SPARE_KIND: Final = "spare-log"
_MAX_FILE_BYTES: Final = 256 * 1024  # a thousand prekeys
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077
_ROOT: Final = 0


class KeyStore:
    """The folder of key files of one node; opens nothing before it is asked to.

    Args:
        folder: Where the files lie; its parent exists.
    """

    __slots__ = ("_folder",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(
        self,
        keys: NodeKeys,
        secret: Secret,
        *,
        operations: int = DEFAULT_OPERATIONS,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
    ) -> None:
        """Write the key files of a new node.

        A crash before the return leaves nothing that counts, or all files whole; the next
        `create` takes back what was left half done.

        Args:
            keys: What to write.
            secret: What will open the files.
            operations: Passes of argon2id, for a passphrase.
            memory_bytes: Memory of argon2id, for a passphrase.

        Raises:
            KeyFileError: With reason EXISTS (a key file is there; it stays as it is),
                NOT_PRIVATE or NOT_A_FILE (the folder), COSTS or UNREADABLE.
        """
        costs = {"operations": operations, "memory_bytes": memory_bytes}
        content = encode_key_file(_CONTENT_KIND, encode_content_part(keys), secret, **costs)
        node = encode_key_file(_NODE_KIND, encode_node_part(keys), secret, **costs)
        witness = {}
        if keys.witness is not None:
            part = encode_witness_part(keys.witness)
            witness[WITNESS_FILE] = encode_key_file(WITNESS_KIND, part, secret, **costs)
        with _system_errors():
            _make_folder(self._folder)
            _check_private(self._folder.stat(), folder=True)
            self._take_back_half_a_create()
            for name in (WITNESS_FILE, CONTENT_FILE, NODE_FILE):
                if os.path.lexists(self._folder / name):
                    raise KeyFileError("a key file is there", reason=KeyFileReason.EXISTS)
            files = {**witness, CONTENT_FILE: content, NODE_FILE: node}
            for name, data in files.items():
                self._write_temporary(name, data)
            # A link, unlike a rename, never replaces. The temporary names go last: while they
            # are there, one linked file alone is known to be of a create that did not end.
            for name in files:
                os.link(self._temporary(name), self._folder / name)
            _sync_folder(self._folder)
            for name in files:
                self._temporary(name).unlink()
            _sync_folder(self._folder)

    def load(self, secret: Secret) -> NodeKeys:
        """Read and open the files. Slow on purpose with a passphrase.

        Args:
            secret: What opens them.

        Returns:
            The keys; without a witness key if there is no file of one.

        Raises:
            KeyFileError: With any reason but EXISTS; nothing was changed.
        """
        node = decode_key_file(self._read(NODE_FILE), _NODE_KIND, secret)
        content = decode_key_file(self._read(CONTENT_FILE), _CONTENT_KIND, secret)
        keys = decode_keys(node, content)
        return replace(
            keys,
            witness=self._witness(keys.node, secret),
            turning=self._turning(keys, secret),
        )

    def turn(self, held: NodeKeys, keys: NodeKeys, secret: Secret) -> None:
        """Replace keys within one generation of the log: second ones come, or become the first.

        What comes is written before what goes: a crash in between leaves a key as first and
        second, which the next `load` takes for the first alone.

        Args:
            held: The keys as the caller knows them.
            keys: Those that follow, of the same node, generation, store and witness.
            secret: What opens the files now and will open them.

        Raises:
            KeyFileError: With reason MISMATCH if other keys are held than the caller knows, or
                more is changed than may be; else as `load`. What is held stays.
        """
        fixed = ("node", "generation", "store_key", "witness")
        may = all(getattr(held, name) == getattr(keys, name) for name in fixed)
        if not may or self.load(secret) != held:
            raise KeyFileError("not the keys of this store", reason=KeyFileReason.MISMATCH)
        costs = costs_of(self._read(NODE_FILE))
        parts = (
            (NODE_FILE, _NODE_KIND, encode_node_part),
            (CONTENT_FILE, _CONTENT_KIND, encode_content_part),
            (TURNING_FILE, TURNING_KIND, _encode_turning),
        )
        for name, kind, encode in parts if keys.turning.is_within(held.turning) else parts[::-1]:
            if encode(held) != encode(keys):
                self._replace(name, kind, encode(keys), secret, costs=costs)

    def update_witness(self, keys: NodeKeys, secret: Secret) -> None:
        """Write or replace `witness.key`.

        Args:
            keys: Those held, but for the witness key, which they have.
            secret: What opens the files now and will open this one.

        Raises:
            KeyFileError: With reason MISMATCH if the others are not those held or there is no
                witness key, else as `load`; what is held stays.
        """
        held = self.load(secret)
        if keys.witness is None or replace(held, witness=keys.witness) != keys:
            raise KeyFileError("not the keys of this store", reason=KeyFileReason.MISMATCH)
        costs = costs_of(self._read(NODE_FILE))
        data = encode_witness_part(keys.witness)
        self._replace(WITNESS_FILE, WITNESS_KIND, data, secret, costs=costs)

    def _witness(self, node: str, secret: Secret) -> WitnessKey | None:
        if not os.path.lexists(self._folder / WITNESS_FILE):
            return None
        data = decode_key_file(self._read(WITNESS_FILE), WITNESS_KIND, secret)
        key = decode_witness_part(data)
        if key.node != node:
            raise KeyFileError("the key files are of two nodes", reason=KeyFileReason.MISMATCH)
        return key

    def _turning(self, keys: NodeKeys, secret: Secret) -> TurningKeys:
        if not os.path.lexists(self._folder / TURNING_FILE):
            return TurningKeys()
        data = decode_key_file(self._read(TURNING_FILE), TURNING_KIND, secret)
        turning = decode_turning_part(data, node=keys.node, generation=keys.generation)
        return keys.settled(turning)

    def update_prekeys(self, keys: NodeKeys, secret: Secret) -> None:
        """Replace `content.key`, so that prekeys come and go; costs stay as they are.

        Prekeys left out are erased from the file. The file held is opened first: a mistyped
        passphrase must not become the new one, nor the store key be lost.

        Args:
            keys: Those held, but for prekeys and the last-resort seed.
            secret: What opens the file now and will open it.

        Raises:
            KeyFileError: With reason MISMATCH if node, log seeds, TLS key or store key are not
                those held, else as `load`; the file held stays.
        """
        held = self.load(secret)
        if held.store_key != keys.store_key or encode_node_part(held) != encode_node_part(keys):
            raise KeyFileError("not the keys of this store", reason=KeyFileReason.MISMATCH)
        self._replace(CONTENT_FILE, _CONTENT_KIND, encode_content_part(keys), secret)

    def update_node(self, keys: NodeKeys, secret: Secret) -> None:
        """Replace `node.key`, for a new certificate or a new generation of the log.

        Args:
            keys: Those held, but for the TLS identity, or with a higher generation.
            secret: What opens the file now and will open it.

        Raises:
            KeyFileError: With reason MISMATCH if the node or what `content.key` holds is not
                as held, if the generation is lower, or if log seeds changed within one; else
                as `load`. The file held stays.
        """
        held = self.load(secret)
        same_log = (
            held.generation == keys.generation
            and held.log_ed25519_seed == keys.log_ed25519_seed
            and held.log_mldsa44_seed == keys.log_mldsa44_seed
        )
        same_rest = encode_content_part(held) == encode_content_part(keys)
        if not same_rest or not (same_log or keys.generation > held.generation):
            raise KeyFileError("not the keys of this store", reason=KeyFileReason.MISMATCH)
        self._replace(NODE_FILE, _NODE_KIND, encode_node_part(keys), secret)

    def _replace(
        self, name: str, kind: str, content: bytes, secret: Secret, *, costs: Costs | None = None
    ) -> None:
        costs = costs_of(self._read(name)) if costs is None else costs
        data = encode_key_file(
            kind,
            content,
            secret,
            operations=costs.operations,
            memory_bytes=costs.memory_bytes,
        )
        with _system_errors():
            self._write_temporary(name, data)
            self._temporary(name).replace(self._folder / name)
            _sync_folder(self._folder)

    def _read(self, name: str) -> bytes:
        with _system_errors():
            _check_private(self._folder.stat(), folder=True)
            path = self._folder / name
            _check_private(path.lstat(), folder=False)
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                data = file.read(_MAX_FILE_BYTES + 1)
        if len(data) > _MAX_FILE_BYTES:
            raise KeyFileError("too long for a key file", reason=KeyFileReason.NOT_A_KEY_FILE)
        return data

    def _write_temporary(self, name: str, data: bytes) -> None:
        path = self._temporary(name)
        # What a crash left behind; never used, since it took nobody's place.
        path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, _FILE_MODE), "wb") as file:
            os.fchmod(file.fileno(), _FILE_MODE)  # whatever the umask says
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _take_back_half_a_create(self) -> None:
        # node.key is linked last. If it is missing and another is still its own temporary file,
        # a create died between its links: nothing was ever sealed or signed under that.
        if os.path.lexists(self._folder / NODE_FILE):
            return
        for name in (WITNESS_FILE, CONTENT_FILE):
            linked, temporary = self._folder / name, self._temporary(name)
            with suppress(FileNotFoundError):
                if os.path.samestat(linked.lstat(), temporary.lstat()):
                    linked.unlink()

    def _temporary(self, name: str) -> Path:
        return self._folder / f".{name}.new"


def _encode_turning(keys: NodeKeys) -> bytes:
    return encode_turning_part(keys.turning, node=keys.node, generation=keys.generation)


def write_spare(file: Path, log: LogKeys, secret: Secret) -> None:
    """Write spare log keys into a file of their own, to be kept offline.

    Args:
        file: It must not exist.
        log: Both keys of a later generation.
        secret: What will open it.

    Raises:
        KeyFileError: With reason EXISTS, COSTS or UNREADABLE; nothing is left of it.
    """
    data = encode_key_file(_SPARE_KIND, encode_spare(log), secret)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _system_errors():
        descriptor = os.open(file, flags, _FILE_MODE)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            _sync_folder(file.parent)
        except BaseException:
            file.unlink(missing_ok=True)
            raise


def read_spare(file: Path, secret: Secret) -> LogKeys:
    """Read and open a file of spare log keys.

    Args:
        file: Made by `write_spare`.
        secret: What opens it.

    Raises:
        KeyFileError: With any reason but EXISTS.
    """
    with _system_errors():
        _check_private(file.lstat(), folder=False)
        with file.open("rb") as opened:
            data = opened.read(_MAX_FILE_BYTES + 1)
    if len(data) > _MAX_FILE_BYTES:
        raise KeyFileError("too long for a key file", reason=KeyFileReason.NOT_A_KEY_FILE)
    return decode_spare(decode_key_file(data, _SPARE_KIND, secret))


@contextmanager
def _system_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise KeyFileError("no such key file or folder", reason=KeyFileReason.MISSING) from error
    except FileExistsError as error:
        raise KeyFileError("a file is in the way", reason=KeyFileReason.EXISTS) from error
    except OSError as error:
        raise KeyFileError(
            "the system refused a key file", reason=KeyFileReason.UNREADABLE
        ) from error


def _make_folder(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=_FOLDER_MODE)
        _sync_folder(folder.parent)


def _check_private(status: os.stat_result, *, folder: bool) -> None:
    is_right = stat.S_ISDIR(status.st_mode) if folder else stat.S_ISREG(status.st_mode)
    if not is_right:
        raise KeyFileError("not a plain file or folder", reason=KeyFileReason.NOT_A_FILE)
    if status.st_mode & _OTHERS or status.st_uid not in {os.geteuid(), _ROOT}:
        raise KeyFileError(
            "a key file or its folder is open to others", reason=KeyFileReason.NOT_PRIVATE
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
