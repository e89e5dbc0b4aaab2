"""testssl.sh against the TLS listener: protocols, ciphers and known weaknesses. Nothing above low may be found."""

import json
import shutil
import subprocess

import pytest

from balancer import Balancer, balancer_environment
from winrm_sim import WinrmSim

# Of the certificate that the test itself makes, and of what is no matter of a service inside a network.
NOT_OURS = {"cert_trust", "cert_chain_of_trust", "cert_expirationStatus", "cert_notAfter", "cert_extlifeSpan",
            "cert_revocation", "cert_crlDistributionPoints", "cert_ocspURL", "OCSP_stapling", "DNS_CAArecord",
            "cert_certificatePolicies_EV", "cert_trust_wildcard", "HSTS", "scanTime", "engine_problem"}


@pytest.mark.skipif(shutil.which("testssl") is None, reason="SKIPPED, no weaknesses are looked for: not installed: testssl.sh")
def test_nothing_above_low_is_found():
    with WinrmSim("ps1", address="127.0.0.11", https=True) as sim, Balancer([sim]) as balancer:
        report = balancer.folder / "testssl.json"
        subprocess.run(["testssl", "--quiet", "--color", "0", "--add-ca", str(balancer.certificate), "--protocols",
                        "--server-defaults", "--server-preference", "--vulnerable", "--fs", "--std", "--jsonfile", str(report),
                        "{}:{}".format(*balancer.tls)],
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=1100, env=balancer_environment())
        findings = json.loads(report.read_text(encoding="utf-8"))
        assert any(one["id"] == "TLS1_3" and one["severity"] == "OK" for one in findings)
        looked_for = {"heartbleed", "secure_renego", "secure_client_renego", "ROBOT", "POODLE_SSL", "SWEET32", "RC4"}
        assert looked_for <= {one["id"] for one in findings}, "it did not get to its end"
        bad = [one for one in findings
               if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL") and one["id"].split(" ")[0] not in NOT_OURS]
        assert bad == []
        assert sim.seen() is not None and balancer.alive()
