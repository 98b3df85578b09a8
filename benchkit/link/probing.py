"""Why a head cannot be reached: one connection by the standard library alone, and its failure in words."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from benchkit.errors import ClusterError
from benchkit.link.certificates import Credentials

WITHIN_S = 5.0
OF_ANOTHER_TIME = (9, 10)  # OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED


class NoHead(ClusterError):
    """Nobody is there, or not yet."""

    may_pass = True


def probe(host: str, port: int, credentials: Credentials) -> None:
    """Raise what keeps this box from talking to the head there."""
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), WITHIN_S) as plain:
            _shake_hands(plain, credentials)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in OF_ANOTHER_TIME:
            raise ClusterError(
                f"the certificate of the head at {where} is not valid by this machine's clock "
                f"({error.verify_message}): set the clock, here or where it was made"
            ) from None
        raise ClusterError(
            f"the head at {where} belongs to another cluster: its certificate is not of our authority"
        ) from None
    except ssl.SSLError as error:
        raise ClusterError(_of_tls(where, error)) from None
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise NoHead(
                f"the name {host} cannot be looked up for now: is this machine's network up?"
            ) from None
        raise ClusterError(f"no host of the name {host}: give the head's name or address") from None
    except ConnectionRefusedError:
        advice = "start one there with bench_runner.py cluster head"
        raise NoHead(f"no head listens at {where}: {advice}") from None
    except TimeoutError:
        raise NoHead(f"nothing answers at {where} within {WITHIN_S:.0f} s: is that box on?") from None
    except OSError as error:
        raise NoHead(f"the head at {where} cannot be reached: {error.strerror or error}") from None


def _shake_hands(plain: socket.socket, credentials: Credentials) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # boxes have addresses of all kinds; the authority says who belongs here
    context.load_verify_locations(credentials.authority)
    context.load_cert_chain(credentials.certificate, credentials.key)
    # What the other side thinks of our certificate comes with its first word.
    with context.wrap_socket(plain) as secured, suppress(TimeoutError):
        if not secured.recv(1):
            raise ssl.SSLError("it ended the connection")


def _of_tls(where: str, error: ssl.SSLError) -> str:
    reason = (error.reason or str(error)).lower().replace("_", " ")
    if any(word in reason for word in ("certificate expired", "bad certificate")):
        return f"the head at {where} finds our certificate not valid by its clock: set the clock there"
    if "unknown ca" in reason or "certificate" in reason:
        return f"the head at {where} refuses our certificate: it is of another cluster"
    return f"what listens at {where} is no head of a cluster ({reason})"
