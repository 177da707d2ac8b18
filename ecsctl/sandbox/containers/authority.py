"""A certificate authority of this machine, valid only for localhost and 127.0.0.0/8.

It is kept beside the sandbox's record, so that a user has to trust it only once. Its certificate is constrained to
those names (RFC 5280, 4.2.1.10): with a stolen key one could impersonate only this machine.
"""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ecsctl import files

AUTHORITY, _KEY, _LEAF = "sandbox-authority.pem", "sandbox-authority.key", "sandbox-localhost.pem"
_DAYS = 825  # the longest that browsers take from an authority that a user added
_NAMES = [x509.DNSName("localhost"), x509.IPAddress(IPv4Network("127.0.0.0/8"))]
_USAGE = x509.KeyUsage(
    digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
)  # fmt: skip

_Key = ec.EllipticCurvePrivateKey


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for localhost, made anew and signed by the authority in `folder`."""
    key, own = _authority(folder)
    leaf = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.DNSName("*.localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        _begun("localhost", own.subject, leaf)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / _LEAF
    files.write(path, _private(leaf) + made.public_bytes(Encoding.PEM) + own.public_bytes(Encoding.PEM))
    return path


def _authority(folder: Path) -> tuple[_Key, x509.Certificate]:
    """The existing authority, or a new one if that expires soon."""
    try:
        key = load_pem_private_key(files.read(folder / _KEY), None)
        own = x509.load_pem_x509_certificate(files.read(folder / AUTHORITY))
        left = own.not_valid_after_utc - datetime.now(UTC)
        if isinstance(key, _Key) and key.public_key() == own.public_key() and left > timedelta(days=30):
            return key, own
    except (OSError, ValueError):
        pass
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"ecsctl sandbox of {os.uname().nodename}"[:64]
    own = (
        _begun(name, None, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=_NAMES, excluded_subtrees=None), critical=True)
        .add_extension(_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.write(folder / _KEY, _private(key))
    files.write(folder / AUTHORITY, own.public_bytes(Encoding.PEM))
    return key, own


def _begun(name: str, issuer: x509.Name | None, key: _Key) -> x509.CertificateBuilder:
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS - 1))
    )


def _private(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
