# SPDX-License-Identifier: Apache-2.0
"""The outside of the test house: what plays (tests/scenario), tables (tests/differential) and figures (tests/bench) share.

where       which binary is tested, where the peers are
ports       free ports
process     what /proc says: process trees, listeners, memory
program     a program under test: its files, its life, its output
diagnostics what `keel check` printed, taken apart
config      short ways to write a whole nginx.conf or haproxy.cfg
origin      a server that behaves as its path says, and remembers
toys        servers of a few lines for checks
bulk        a server and a client for bodies of a gigabyte
client      a raw HTTP/1 client that reads answers strictly
statistics  HAProxy's page of statistics
websocket   frames
load        a load generator that looks at every answer
datagrams   UDP clients and servers
syslog      a log target
dns         a nameserver whose records may change
pki         an authority and certificates, and contexts of Python's ssl with them
rsyslog     a real rsyslogd
mariadb     real MariaDB servers and their client
machine     folders, users and pages that a printed configuration names, for one program alone
netns       hosts as network namespaces
director    two directors with a floating address, and those who watch them
takeover    a site with two directors, and how long a takeover takes
tomcat      two real Tomcats from one package
jobs        which plays run beside each other
"""
