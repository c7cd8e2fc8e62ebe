"""Heads of the chains as they are told to the outside: signed, a line of JSON each, and checked when they come back.

A signature is Ed25519 (RFC 8032) over the head's fields, a line each. The key is a secret of the service and no row of
the database: whoever has the database can remake a chain, and cannot sign its heads.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alarm_center.store.seals import Head

_FORM: Final = "fjarrtillsyn head 1"
"""First line of what is signed: a signature over anything else is none over a head."""


class BadHeads(Exception):
    """A file of heads, or a key, that cannot be read; says where and what was expected."""


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """A town's head outside of the database: the digest of its newest seal.

    ``key`` is the public half of the key that signed it, in hex as the signature; both are empty where the service has none.
    """

    org: str
    cursor: str
    head: str
    sealed_at: str = ""
    key: str = ""
    signature: str = ""

    def to_line(self) -> str:
        """Return the head as one line of JSON."""
        return json.dumps(self.fields())

    def fields(self) -> dict[str, str]:
        """Return the head's fields by name."""
        return asdict(self)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Return the head in a line of JSON.

        Raises:
            ValueError: it is none.
        """
        said = json.loads(line)
        names = [field.name for field in fields(cls)]
        if not isinstance(said, dict) or not {"org", "cursor", "head"} <= said.keys():
            raise ValueError("expected an object with org, cursor and head")
        return cls(*(str(said.get(name, "")) for name in names))

    @property
    def signed_text(self) -> bytes:
        """The text that the signature is over."""
        return "\n".join((_FORM, self.org, self.cursor, self.head, self.sealed_at)).encode()

    def is_signed_by(self, public_key: str) -> bool:
        """Tell whether the head was signed with the private half of *public_key*, in hex."""
        try:
            _public(public_key).verify(bytes.fromhex(self.signature), self.signed_text)
        except (InvalidSignature, ValueError):
            return False
        return True


def export_head(org: str, head: Head, seal_key: str | None) -> ExportedHead:
    """Return the head as it goes out, signed if there is a key (32 bytes in hex)."""
    bare = ExportedHead(org, str(head.cursor), head.digest, head.sealed_at.isoformat())
    if seal_key is None:
        return bare
    signature = _private(seal_key).sign(bare.signed_text).hex()
    return replace(bare, key=public_half(seal_key), signature=signature)


def public_half(seal_key: str) -> str:
    """Return the public half of the key, in hex: what others check heads with."""
    return _private(seal_key).public_key().public_bytes_raw().hex()


def append_heads(path: Path, heads: Iterable[ExportedHead]) -> None:
    """Add the heads to a file, a line each, in one write: replicas that share the file do not cut each other's lines."""
    text = "".join(f"{head.to_line()}\n" for head in heads)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def read_heads(path: Path, org: str) -> list[ExportedHead]:
    """Return the town's heads in a file of lines; a log in JSON may be given as it is, its other lines are passed over.

    Raises:
        BadHeads: the file cannot be read, or a line of heads is none.
    """
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadHeads(f"{path}: {error}") from None
    for number, line in enumerate(lines, 1):
        if '"head"' not in line:
            continue
        try:
            head = ExportedHead.from_line(line)
        except ValueError as error:
            raise BadHeads(f"{path}, line {number}: {error}") from None
        if head.org == org:
            found.append(head)
    return found


def _private(seal_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seal_key))


def _public(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
