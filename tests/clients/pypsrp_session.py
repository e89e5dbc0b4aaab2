"""A pypsrp client of its own process: pypsrp_session.py PORT CERTIFICATE WAY USER PASSWORD TIMES

Opens a command shell and a runspace pool so many times, each on a new connection, and prints what it was told as one
JSON object. CERTIFICATE is "-" for the plain port.
"""

import json
import sys

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan

WAYS = {
    "basic_plain": {"auth": "basic", "encryption": "never"},
    "ntlm_sealed": {"auth": "ntlm", "encryption": "always"},
    "negotiate_sealed": {"auth": "negotiate", "encryption": "always"},
    "basic_tls": {"auth": "basic"},
    # Server and balancer show different certificates, so a login that is tied to the certificate could not pass.
    "ntlm_tls": {"auth": "ntlm", "negotiate_send_cbt": False},
}


def printed_by(shell, *words):
    process = Process(shell, words[0], list(words[1:]))
    process.invoke()
    assert process.rc == 0, process.stderr
    return process.stdout.decode().strip()


def main():
    port, certificate, way, user, password, times = sys.argv[1:]
    tls = certificate != "-"
    hosts, users = [], []
    for _ in range(int(times)):
        with WSMan("127.0.0.1", port=int(port), username=user, password=password, ssl=tls, no_proxy=True,
                   cert_validation=certificate if tls else True, read_timeout=60, **WAYS[way]) as server:
            with WinRS(server) as shell:
                hosts.append(printed_by(shell, "hostname"))
                users.append(printed_by(shell, "whoami"))
            with RunspacePool(server) as pool:
                powershell = PowerShell(pool)
                powershell.add_script("whoami")
                users += powershell.invoke()
                assert not powershell.had_errors
    print(json.dumps({"hosts": hosts, "users": users}))


if __name__ == "__main__":
    main()
