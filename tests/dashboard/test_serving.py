"""How the dashboard's files are served: what browsers are told of them, and what they may be asked."""

import http.client

from balancer import Balancer
from winrm_sim import WinrmSim


def fetch(balancer, target, method="GET", **fields):
    connection = http.client.HTTPConnection(*balancer.admin, timeout=60)
    connection.request(method, target, headers=fields)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_nothing_but_its_own_files_may_run_in_it():
    with WinrmSim("ps1", allow_unencrypted=True) as sim, Balancer([sim], admin={"bind": "127.0.0.1:0"}) as balancer:
        check_files(balancer)


def check_files(balancer):
    for target in ("/", "/dashboard", "/dashboard.css", "/dashboard.js"):
        answer, content = fetch(balancer, target)
        assert answer.status == 200 and content
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        again, nothing = fetch(balancer, target, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status, nothing) == (304, b"")
        assert fetch(balancer, target, "HEAD")[0].headers["Content-Length"] == str(len(content))
        assert fetch(balancer, target, "POST")[0].status == 405
    assert b"http://" not in fetch(balancer, "/dashboard.js")[1].replace(b"http://www.w3.org/2000/svg", b"")
