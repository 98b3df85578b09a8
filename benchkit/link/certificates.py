"""A private authority for one cluster, a certificate for each of its boxes, and where these files lie."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchkit.errors import UsageError
from benchkit.files import PRIVATE_FILE, atomic_write, make_private_folder
from benchkit.link.wire import needs_extra

AUTHORITY, CERTIFICATE, KEY = "authority.pem", "box.pem", "box.key"
AUTHORITY_KEY = "authority.key"
BOXES = "boxes"
VALID_FOR = timedelta(days=3650)
CLOCKS_DIFFER = timedelta(days=1)  # a box whose clock is behind takes a new certificate all the same
OTHERS = 0o077  # permissions of whoever is not the owner
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class Credentials:
    """What one box shows to the others, and by what it knows them."""

    name: str
    authority: Path
    certificate: Path
    key: Path


def cluster_folder() -> Path:
    """Where this user's certificates lie."""
    base = os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(base) if base else Path.home() / ".config") / "bench_runner" / "cluster"
    except RuntimeError as error:  # a user without a home
        raise UsageError(f"no folder for certificates ({error}): name a place with XDG_CONFIG_HOME") from None


def own_credentials() -> Credentials:
    """This box's; raises where it has none, or such as do not fit each other."""
    folder = cluster_folder()
    paths = [folder / name for name in (AUTHORITY, CERTIFICATE, KEY)]
    for path in paths:
        if not _is_there(path):
            raise UsageError(
                f"this box has no certificate ({path} is missing): make one with bench_runner.py cluster "
                "init, on the box that has the authority"
            )
    if paths[-1].stat().st_mode & OTHERS:
        raise UsageError(f"others may read the key of this box: chmod 600 {shlex.quote(str(paths[-1]))}")
    return Credentials(_checked_name(*paths), *paths)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}: it belongs to who runs this") from None


def _checked_name(authority: Path, certificate: Path, key: Path) -> str:
    """The box's name from its certificate."""
    with needs_extra():
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from cryptography.x509.oid import NameOID
    again = "copy the box's folder again from the box that has the authority"
    try:
        signer = x509.load_pem_x509_certificate(authority.read_bytes())
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except OSError as error:
        raise UsageError(
            f"{error.filename} cannot be read: {error.strerror}: it belongs to who runs this"
        ) from None
    except (ValueError, TypeError):
        raise UsageError(f"what lies in {certificate.parent} are no certificates: {again}") from None
    try:
        own.verify_directly_issued_by(signer)
    except (InvalidSignature, ValueError, TypeError):
        raise UsageError(f"{certificate} is of another cluster than {authority}: {again}") from None
    if own.public_key() != private.public_key():
        raise UsageError(f"{key} does not belong to {certificate}: {again}")
    begin, end = own.not_valid_before_utc, min(own.not_valid_after_utc, signer.not_valid_after_utc)
    if datetime.now(UTC) < begin:
        raise UsageError(
            f"{certificate} is valid from {begin.date()} on: this machine's clock is behind, set it"
        )
    if end < datetime.now(UTC):
        raise UsageError(
            f"{certificate} was valid until {end.date()}: where this clock is right, "
            f"remove {certificate.parent} on each box and begin with cluster init"
        )
    return str(own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@dataclass(frozen=True)
class Made:
    """What `make_certificates` found or made."""

    new_authority: bool
    own: str  # this box's name
    folders: tuple[Path, ...]  # to be copied, one a box, each named like its box


def make_certificates(own_name: str, others: Sequence[str]) -> Made:
    """The authority where there is none, this box's certificate, and one for each of the others."""
    for name in (own_name, *others):
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no box's name: letters, digits, dots and dashes")
    if own_name in others:
        raise UsageError(f"{own_name} is this box itself: name the others alone")
    folder = cluster_folder()
    new = not _is_there(folder / AUTHORITY_KEY)
    if _is_there(folder / CERTIFICATE) and new:
        raise UsageError(
            "this box belongs to a cluster whose authority lies elsewhere "
            f"({folder} has no {AUTHORITY_KEY}): add boxes there"
        )
    try:
        make_private_folder(folder)
        if new:
            _make_authority(folder)
        if not (folder / CERTIFICATE).exists():
            _make_certificate(folder, folder, own_name)
        for name in others:
            if not (folder / BOXES / name / CERTIFICATE).exists():
                make_private_folder(folder / BOXES / name)
                _make_certificate(folder, folder / BOXES / name, name)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or folder}: {error.strerror}") from None
    return Made(new, own_credentials().name, tuple(folder / BOXES / name for name in others))


def _make_authority(folder: Path) -> None:
    key = _new_key()
    name = f"bench_runner cluster {secrets.token_hex(4)}"
    _write(folder / AUTHORITY, _pem(_certificate(name, key, name, key, authority=True)))
    _write(folder / AUTHORITY_KEY, _key_pem(key))


def _make_certificate(authority: Path, folder: Path, name: str) -> None:
    with needs_extra():
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from cryptography.x509.oid import NameOID
    signer = x509.load_pem_x509_certificate((authority / AUTHORITY).read_bytes())
    signing_key = load_pem_private_key((authority / AUTHORITY_KEY).read_bytes(), None)
    issuer = str(signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    key = _new_key()
    _write(folder / KEY, _key_pem(key))
    if folder != authority:
        _write(folder / AUTHORITY, (authority / AUTHORITY).read_bytes())
    # The last: where it is, the others are.
    _write(folder / CERTIFICATE, _pem(_certificate(name, key, issuer, signing_key, authority=False)))


def _certificate(name: str, key: Any, issuer: str, signing_key: Any, *, authority: bool) -> Any:
    with needs_extra():
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.x509.oid import NameOID

    def named(text: str) -> Any:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + VALID_FOR)
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
        .add_extension(_usage(authority=authority), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signing_key, SHA256())


def _usage(*, authority: bool) -> Any:
    with needs_extra():
        from cryptography import x509
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key() -> Any:
    with needs_extra():
        from cryptography.hazmat.primitives.asymmetric import ec
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: Any) -> bytes:
    with needs_extra():
        from cryptography.hazmat.primitives.serialization import Encoding
    return bytes(certificate.public_bytes(Encoding.PEM))


def _key_pem(key: Any) -> bytes:
    with needs_extra():
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _write(path: Path, content: bytes) -> None:
    """For the user alone, from its first byte on."""
    atomic_write(path, content, new_mode=PRIVATE_FILE)
