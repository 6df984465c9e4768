"""Certificates of an authority of our own, by openssl(1)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """Files in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Whoever trusts its certificate trusts those that it issued."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory / name
        self.directory.mkdir()
        # The machine's own settings would add extensions.
        self.config = self.directory / "openssl.cnf"
        self.config.write_text("[req]\ndistinguished_name = name\n[name]\n")
        self.own = self._make(name, "basicConstraints=critical,CA:TRUE")

    @property
    def certificate(self) -> Path:
        return self.own.certificate

    def issue(self, name: str, alternative_name: str) -> Certificate:
        """For a server whose only name this is, such as IP:127.0.0.1 (RFC 5280, section 4.2.1.6)."""
        signer = ["-CA", str(self.own.certificate), "-CAkey", str(self.own.key)]
        return self._make(name, f"subjectAltName={alternative_name}", signer)

    def _make(self, name: str, extension: str, signer: list[str] | None = None) -> Certificate:
        made = Certificate(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-config", str(self.config), "-days", "2", "-subj", f"/CN={name}", "-addext", extension, "-out", str(made.certificate),
             "-keyout", str(made.key), *(signer or [])],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        made.key.chmod(0o644)  # for a server that is another user
        return made
