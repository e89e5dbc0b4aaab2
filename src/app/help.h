// What `winrm-lb COMMAND --help` says beyond the list of options: signals, files, exit codes, examples.
#pragma once

namespace winrmlb::app::help {

inline constexpr char kProgram[] =
    "Exit codes: 0 done, 1 it could not be done, 2 the configuration has mistakes, above 100 a wrong command "
    "line.\n"
    "Start with:  winrm-lb check FILE   then   winrm-lb run --config FILE\n"
    "`winrm-lb COMMAND --help` tells more about each.";

inline constexpr char kRun[] =
    "Listens on the addresses of the configuration and relays until told to stop. What happens goes to the\n"
    "log, one line per exchange to the access log (log.file, log.access_file; standard output unless set).\n"
    "\n"
    "Signals:\n"
    "  SIGHUP           reads the configuration again and opens the logs by their names again. One with\n"
    "                   mistakes, or an address that cannot be bound, changes nothing and is logged\n"
    "  SIGTERM, SIGINT  not ready for shutdown.lead, then no new connection; sessions end after the "
    "exchange\n"
    "                   they are in, and what is left after shutdown.deadline is cut. A second one cuts at "
    "once\n"
    "  SIGUSR2          the program as it is installed now takes over, and no connection is lost. If it "
    "cannot,\n"
    "                   this one goes on, and the log says why\n"
    "\n"
    "Each session takes two descriptors: the soft limit is raised to the hard one (ulimit -Hn, "
    "LimitNOFILE=),\n"
    "and the log says how many sessions that holds. A second process on the same addresses is refused.\n"
    "\n"
    "Exit codes: 0 ended as told, 1 it could not start (an address in use, a certificate that does not "
    "fit),\n"
    "2 the configuration has mistakes.";

inline constexpr char kCheck[] =
    "Reads the file as a start and a reload do, and lists all mistakes at once, each as\n"
    "FILE:LINE:COLUMN: KEY: what is wrong, with the line and a caret. Warnings go along and do no harm.\n"
    "Servers are not contacted and nothing is bound.\n"
    "\n"
    "With --probe every server is asked, on the ports that clients come by: whether it answers and how "
    "fast,\n"
    "its certificate, the logins it offers, its clock and version; with health.account also whether that\n"
    "login works, and the server's quotas (WS-Management Get of winrm/config). Then what would fail and "
    "what\n"
    "to do: certificates that end, accounts and quotas that differ, clocks that Kerberos refuses, and "
    "whether\n"
    "NTLM and Kerberos clients with channel binding pass. One page to hand to the Windows team. The probes\n"
    "change nothing and no running process is needed.\n"
    "\n"
    "Exit codes: 0 good, 1 a file that is named there cannot be used, 2 there are mistakes, 3 --probe found\n"
    "problems, above 100 a wrong command line.";

inline constexpr char kStatus[] =
    "Asks the running process over its control socket. Its owner and its group may ask.\n"
    "\n"
    "Exit codes: 0 answered, 1 nobody answers there.";

inline constexpr char kExplain[] =
    "Runs the code that routes, and changes nothing: an address that has no entry yet gets none by this.\n"
    "\n"
    "Examples:  winrm-lb explain --client 10.1.2.3\n"
    "           winrm-lb explain --client 10.1.2.3 --shell 7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001\n"
    "\n"
    "Exit codes: 0 answered, 1 nobody answers there, or there is no such pool.";

inline constexpr char kReload[] =
    "What SIGHUP does, with an answer: the revision that is now in force, or all that is wrong. Then the "
    "old\n"
    "configuration goes on.\n"
    "\n"
    "Exit codes: 0 reloaded, 1 it was not.";

inline constexpr char kServer[] =
    "drain keeps sessions and shells that are there, and sends new addresses and new shells elsewhere. An "
    "address\n"
    "whose traffic is sealed leaves once it has no session there and has been quiet for drain.opaque_quiet.\n"
    "maintenance ends every session after its exchange. ready brings the server back, with a slow start.\n"
    "An operator's word outlasts a reload that does not change the server's state.\n"
    "\n"
    "Example:  winrm-lb drain ps1 --wait --deadline 30m && ssh ps1 ...\n"
    "\n"
    "Exit codes: 0 done (with --wait: empty, and nobody was cut), 1 it could not be done,\n"
    "3 the deadline cut something.";

}  // namespace winrmlb::app::help
